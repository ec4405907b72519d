namespace TfKd.MLNet.Tests;

/// <summary>The program of examples/guides/recipes.md.</summary>
internal static class RecipesPage
{
    public static void Train(IImageSource training, IImageSource validation, int epochs)
    {
        var plan = TfKdRecipes.TfKdReg(PaperNetwork.ResNet18) with { MaxEpochs = epochs, Seed = 1 };
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(new ResNet { CifarStem = true, InputShape = training.Shape }, training.ClassNames);
        var result = trainer.Run(student, training, validation);
        Console.WriteLine(result.Best.Validation?.Top1);
    }

    public static void Fill(byte[] pixels, int label)
    {
        using var training = new DecodedCache(new ImageShape(3, 32, 32), ["cat", "dog"]);
        training.Add(pixels, label);
    }
}
