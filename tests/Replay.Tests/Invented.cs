using Conversations.Oracle;

namespace Conversations.Replaying.Tests;

/// <summary>An invented file with everything the rules speak of, and its figures worked out by hand.</summary>
internal static class Invented
{
    public const string Header = "tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\r\n";

    /// <summary>Rows are not in time order, on purpose. The last message is 40, on Thursday at 13:00.</summary>
    public const string Csv = Header +
        // Answered after 600 s.
        "2,Acme,False,Tue Oct 31 10:10:00 +0000 2017,@1001 We are on it.,,1\r\n" +
        "1,1001,True,Tue Oct 31 10:00:00 +0000 2017,@Acme my parcel is lost,2,\r\n" +
        // Asked twice; answered 7200 s after the first, 6900 s after the second.
        "10,1002,True,Tue Oct 31 10:00:00 +0000 2017,@bolt hello,11,\r\n" +
        "11,1002,True,Tue Oct 31 10:05:00 +0000 2017,@bolt hello?,12,10\r\n" +
        "12,Bolt,False,Tue Oct 31 12:00:00 +0000 2017,@1002 Good day &amp; sorry.,,11\r\n" +
        // 99 is not in the file. The brand spoke first; its answer to the customer came within the second.
        "22,Acme,False,Tue Oct 31 09:00:00 +0000 2017,@1003 So it is.,,20\r\n" +
        "21,Acme,False,Tue Oct 31 08:00:00 +0000 2017,@1003 Is it raining?,,99\r\n" +
        "20,1003,True,Tue Oct 31 09:00:00 +0000 2017,It is.,22,99\r\n" +
        // Never answered, long before the end.
        "30,1004,True,Tue Oct 31 11:00:00 +0000 2017,@nobody @BOLT @Acme anyone?,,\r\n" +
        // A brand alone.
        "40,Acme,False,Thu Nov 02 13:00:00 +0000 2017,Open tomorrow.,,\r\n" +
        // Not answered yet, an hour before the end.
        "50,1005,True,Thu Nov 02 12:00:00 +0000 2017,@Acme when?,,\r\n" +
        // Two customers, two brands: Crag came first, after 100 s.
        "60,1006,True,Tue Oct 31 10:00:00 +0000 2017,\"@Acme, @Bolt: who has \"\"blue\"\"?\",\"61,62\",\r\n" +
        "63,1007,True,Tue Oct 31 10:03:00 +0000 2017,me too,,60\r\n" +
        "62,Acme,False,Tue Oct 31 10:02:00 +0000 2017,@1006 Not us.,,60\r\n" +
        "61,Crag,False,Tue Oct 31 10:01:40 +0000 2017,@1006 We have!,63,60\r\n" +
        // Nobody is mentioned and nobody answers.
        "70,1008,True,Tue Oct 31 07:00:00 +0000 2017,\"first line\nsecond line, naïve ☂\",,\r\n" +
        // Exactly 24 h before the end: not older than the threshold.
        "80,1009,True,Wed Nov 01 13:00:00 +0000 2017,@Crag well?,,\r\n";

    /// <summary>First responses: 0, 100, 600 and 7200 s. First answers to the very tweet: 100, 600 and 6900 s.</summary>
    public static readonly FileFigures Figures = new(
        Conversations: 9,
        Messages: 17,
        Inbound: 10,
        Outbound: 7,
        Brands: 3,
        WithCustomerMessage: 8,
        Answered: 4,
        ResponseRate: 0.5,
        Ignored: 2,
        IgnoredRate: 0.25,
        Undecided: 2,
        FirstResponseP50: 100,
        FirstResponseP90: 7_200,
        FirstResponseP99: 7_200,
        FirstAnswerP50: 600,
        SlaTarget: 3_600,
        SlaMet: 3,
        SlaBreached: 1,
        Unanswered: 4);

    public static TwcsFile File(string csv = Csv) => TwcsFile.Read(new StringReader(csv));

    public static string Row(long id, string author, string text = "hello", long? parent = null, int minute = 0) =>
        $"{id},{author},{!author.Any(char.IsLetter)},Tue Oct 31 {10 + (minute / 60):00}:{minute % 60:00}:00 +0000 2017,{text},,{parent}\r\n";
}
