using Conversations.Oracle;
using Xunit;

namespace Conversations.Replaying.Tests;

public sealed class FileFiguresTests
{
    [Fact]
    public void The_invented_file_has_the_figures_worked_out_by_hand() => Assert.Equal(Invented.Figures, FileFigures.Of(Invented.Csv));

    [Fact]
    public void The_target_itself_is_met_and_a_second_more_is_not()
    {
        Assert.Equal((4, 0), Sla(7_200));
        Assert.Equal((3, 1), Sla(7_199));

        static (int, int) Sla(int target) => FileFigures.Of(Invented.Csv, target) is var f ? (f.SlaMet, f.SlaBreached) : default;
    }

    [Fact]
    public void A_file_without_rows_has_no_rates_and_no_percentiles()
    {
        var figures = FileFigures.Of(Invented.Header);

        Assert.Equal(new(0, 0, 0, 0, 0, 0, 0, null, 0, null, 0, null, null, null, null, 3_600, 0, 0, 0), figures);
    }

    [Fact]
    public void The_real_file_has_its_published_figures()
    {
        var figures = FileFigures.OfFile(SharedData.PathOrSkip("twcs_first5000.csv"));

        Assert.Equal((5_000, 2_778, 2_222), (figures.Messages, figures.Inbound, figures.Outbound));
        Assert.Equal((1_312, 76), (figures.Conversations, figures.Brands));
        Assert.Equal(739, figures.FirstAnswerP50);
        Assert.Equal(figures.WithCustomerMessage, figures.SlaMet + figures.SlaBreached + figures.Unanswered);
        TestContext.Current.SendDiagnosticMessage(figures.ToString());
    }
}
