using TfKd.Tool;

namespace TfKd.MLNet.Tests;

public sealed class ModelNameTests
{
    [Theory]
    [InlineData("flowers", "FlowersClassifier")]
    [InlineData("a/my holiday-photos/", "MyHolidayPhotosClassifier")]
    [InlineData("2024", "Photo2024Classifier")]
    [InlineData("été", "ÉtéClassifier")]
    [InlineData("a/---", "PhotoClassifier")]
    public void A_name_is_made_of_the_folder_s(string folder, string name)
    {
        Assert.Equal(name, ModelName.Of(folder));
        Assert.Equal(name, ModelName.Require(name));
    }
}
