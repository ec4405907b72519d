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
    [InlineData("a/photos.csv", "PhotosClassifier")]
    [InlineData("jan.2024", "Jan2024Classifier")]
    public void A_name_is_made_of_the_folder_s_or_the_list_s(string folder, string name)
    {
        Assert.Equal(name, ModelName.Of(folder));
        Assert.Equal(name, ModelName.Require(name));
    }
}
