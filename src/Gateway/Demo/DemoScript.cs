namespace Conversations.Gateway.Demo;

/// <summary>The invented cast and texts of <c>--demo</c>: an airline's customer care on a bad day. Nobody in it exists.</summary>
internal static class DemoScript
{
    public static readonly string[] Agents = ["ann", "ben", "chloe"];

    /// <summary>Channel, our account there, the queue its conversations go to, public or private.</summary>
    public static readonly (string Channel, string Account, string Queue, string Visibility)[] Channels =
    [
        ("x", "aurora-air", "social", "public"),
        ("instagram", "aurora.air", "social", "public"),
        ("whatsapp", "aurora-care", "care", "private"),
        ("webchat", "aurora-site", "care", "private"),
        ("email", "care@aurora.example", "baggage", "private"),
        ("telegram", "aurora_bot", "care", "private"),
    ];

    /// <summary>What a customer writes first, what they add if they have to wait, and what an agent answers.</summary>
    public static readonly (string Opening, string Nudge, string Answer)[] Cases =
    [
        ("My flight AU418 is cancelled and nobody at the desk knows anything.", "Hello? We are 30 people standing here.", "We are sorry. You are rebooked on AU422 at 18:40; the boarding pass is in your app."),
        ("You lost my suitcase. Third day without it!", "Still no call. This is how you treat people?", "We found it in Lisbon, it lands tonight at 21:10 and is brought to your address."),
        ("Can I bring a violin as hand luggage?", "It is a 3/4 violin if that matters", "Yes, a violin up to 90 cm counts as your hand luggage. Have a good concert!"),
        ("Your app charges me twice for the same seat.", "I see two bookings of 29 each.", "One of the two is refunded; it takes 3 working days to show."),
        ("Where do I send the receipts for the hotel after yesterday's delay?", "It was the delay of AU107", "Reply here with photos of them; you have the refund within 7 days."),
        ("I need a wheelchair for my mother on Friday.", "Her name is on the booking.", "It is ordered for both airports. Someone waits for you at the entrance."),
        ("Is it true that the crew is on strike tomorrow??", "Please answer, I have a connecting flight", "Tomorrow's flights leave as planned. If yours changed we would write to you first."),
        ("Booked the wrong date, what does it cost to change?", "It is flight AU530, I meant the 14th", "Within 24 hours it is free: the 14th is confirmed."),
        ("No vegan meal on an 11-hour flight although I ordered one.", "Not even an apology on board.", "That should not happen. We noted it with the caterer, and 5,000 miles are on your account."),
        ("Thank you to the crew of AU220, you saved our holiday!", "Really, the best crew", "That made their day. We passed it on to Mira and her colleagues!"),
    ];

    public static readonly (string Name, string Handle, long Followers)[] Customers =
    [
        ("Tilda Brandt", "tilda_b", 310), ("Marcus Oyelaran", "moyelaran", 48_200), ("Ines Carvalho", "inesc", 95), ("Jo Lindqvist", "jolind", 1_240),
        ("Priya Raman", "priyar", 530), ("Hugo Marchetti", "hugomarch", 12_800), ("Sana Idrissi", "sanaid", 77), ("Wren Castellan", "wrenc", 260_000),
    ];
}
