namespace TfKd;

/// <summary>
/// A network that a teacher has trained before it teaches: what is unlike the student's run. What is left at null is as there.
/// </summary>
public sealed record TeacherTrainingRequest
{
    /// <summary>What is trained. Default null: the student's architecture, which then starts as the student does.</summary>
    public NetworkArchitecture? Architecture { get; init; }

    /// <summary>What is minimised. Default null: the objective of the student's run.</summary>
    public Objective? Objective { get; init; }

    /// <summary>Who teaches the network. Default null: nobody, as the teacher of the student's run is only being made.</summary>
    public TeacherSource? Teacher { get; init; }

    /// <summary>Passes over the training rows, above 0. Default null: as many as the student's.</summary>
    public int? Epochs { get; init => field = value is { } epochs ? Require.Positive(epochs) : null; }

    /// <summary>
    /// How it is trained. Default null: as the student (<see cref="ITeacherTraining.StudentRecipe"/>); where <see cref="Architecture"/> is
    /// set, from random weights, with all stages and all of them at one rate.
    /// </summary>
    public TeacherRecipe? Recipe { get; init; }

    /// <summary>
    /// Whether it sees the files of the rows, decoded at its own size, where all of them are images of files; otherwise, and by default,
    /// the student's images, resized.
    /// </summary>
    public bool ReadsFiles { get; init; }
}
