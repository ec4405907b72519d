using TfKd;

namespace TfKd.MLNet.Tests;

/// <summary>The program of src/TfKd/PACKAGE.md; that of src/TfKd.MLNet/PACKAGE.md is README.md's.</summary>
internal static class PackagePage
{
    public static void Train(IImageSource training, IImageSource validation)
    {
        var trainer = new Trainer(new TrainingPlan
        {
            Objective = new KnowledgeDistillation { Alpha = 0.9, Temperature = 4 },
            Teacher = new TrainedTeacher(new CifarResNet { Depth = 56 }),
            MaxEpochs = 30,
        });
        using var student = trainer.CreateStudent(new CifarResNet { Depth = 20 }, training.ClassNames);
        var result = trainer.Run(student, training, validation);
        Console.WriteLine(result.TeacherReport);
    }
}
