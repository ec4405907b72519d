using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using TfKd.MLNet;

namespace Microsoft.ML;

/// <summary>Torch image classification in ML.NET's catalogs.</summary>
public static class TorchImageClassificationCatalog
{
    /// <summary>
    /// Reads a folder that has one sub-folder a class, with the images of the class in it (png, jpg, jpeg, gif, bmp, webp). Columns: <c>ImagePath</c>
    /// (text), <c>Label</c> (text, the name of the sub-folder) and <c>Image</c> (the encoded bytes, read from the file whenever a row is). The order
    /// is that of the names, by code point.
    /// </summary>
    /// <param name="data">The catalog of the context.</param>
    /// <param name="folder">Path of the folder.</param>
    /// <exception cref="DirectoryNotFoundException">The folder is missing.</exception>
    /// <exception cref="InvalidDataException">The folder has no sub-folders, or none of them an image.</exception>
    public static IDataView LoadImagesFromFolder(this DataOperationsCatalog data, string folder)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return new FolderImagesView(FolderImages.List(folder));
    }

    internal static IHostEnvironment EnvironmentOf(MulticlassClassificationCatalog.MulticlassClassificationTrainers trainers)
    {
        ArgumentNullException.ThrowIfNull(trainers);
        return CatalogUtils.GetEnvironment(trainers);
    }
}
