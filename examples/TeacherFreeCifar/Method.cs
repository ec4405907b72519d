using TfKd;

namespace TeacherFreeCifar;

/// <summary>One way to train the student.</summary>
/// <param name="Name">What it is called on the command line and in the results.</param>
/// <param name="Title">What it is called in tables.</param>
/// <param name="Objective">What is minimised in a run of so many epochs.</param>
/// <param name="Teacher">Who teaches; null for nobody.</param>
internal sealed record Method(string Name, string Title, Func<int, Objective> Objective, TeacherKind? Teacher = null)
{
    /// <summary>How many times the preset's epochs it trains; 1 but for the control of longer training.</summary>
    public int EpochFactor { get; init; } = 1;

    /// <summary>Whether its teacher comes out of a published file.</summary>
    public bool HasGivenTeacher => Teacher is TeacherKind.Good or TeacherKind.Fair;

    /// <summary>
    /// Published gain in percent over the same network's cross entropy, and where it comes from; null where there is none.
    /// </summary>
    public (double Gain, string Source)? Published { get; init; }

    /// <summary>
    /// What the field means by KD, with Tian et al.'s weight and temperature; T² keeps the teacher's gradient about as long at any
    /// temperature.
    /// </summary>
    private static KnowledgeDistillation Hinton => new() { Alpha = 0.9, Temperature = 4 };

    /// <summary>
    /// What the authors' code computes when a network teaches ResNet-18, a better one, a lesser one or a poor one: 0.4 CE + 2.4 KL at a
    /// temperature of 20, where the divergence has about a 400th of the gradient that it has at 1.
    /// </summary>
    private static KnowledgeDistillation Code =>
        (KnowledgeDistillation)TfKdRecipes.Kd(PaperNetwork.ResNet18, PaperNetwork.ResNet50, Anyone, RecipeSource.ReferenceCode).Objective;

    // Recipes ask who teaches; their objectives do not.
    private static UniformTeacher Anyone => new();

    /// <summary>
    /// All of them. The baseline comes first: it is Tf-KD_self's teacher. Where nothing else is said, hyper-parameters are the authors'
    /// own, those of Tf-KD for ResNet-18.
    /// </summary>
    public static IReadOnlyList<Method> All { get; } =
    [
        new("baseline", "cross entropy", _ => new CrossEntropy()),
        new("ce-double", "cross entropy of weight 2", _ => 2 * new CrossEntropy()),
        new("ce-quad", "cross entropy of weight 4", _ => 4 * new CrossEntropy()),
        new("ls", "label smoothing 0.1", _ => new LabelSmoothing()) { Published = (1.39, "ResNet-18") },
        new("kd", "KD, ResNet-56", _ => Hinton, TeacherKind.Good) { Published = (1.60, "ResNet-56 to 20, Tian et al.") },
        // As Hinton's, but for what the teacher's divergence is computed with.
        new(
            "kd-levelled",
            "KD, ResNet-56 that tells no wrong class from another",
            _ => (1 - Hinton.Alpha) * new CrossEntropy() + Hinton.Alpha * Math.Pow(Hinton.Temperature, 2)
                * new LevelledTeacher { Inner = new SoftTargetKl { Temperature = Hinton.Temperature } },
            TeacherKind.Good),
        new("kd-32", "KD, ResNet-32", _ => Hinton, TeacherKind.Fair),
        new("kd-code", "KD, the code's form, ResNet-56", _ => Code, TeacherKind.Good) { Published = (1.32, "ResNet-18 from ResNet-50") },
        new("re-kd", "Re-KD, ResNet-8", _ => Code, TeacherKind.Weak) { Published = (1.41, "ResNet-18 from MobileNetV2") },
        new("re-kd-hinton", "Re-KD with KD's T², weight 0.6", _ => Hinton with { Alpha = 0.6 }, TeacherKind.Weak),
        new("de-kd", "De-KD, ResNet-32 after 1 epoch", _ => Code, TeacherKind.Defective)
        {
            Published = (1.36, "ResNet-18 from a poor ResNet-50"),
        },
        new("de-kd-hinton", "De-KD with KD's T²", _ => Hinton, TeacherKind.Defective),
        new("de-kd-10-hinton", "De-KD with KD's T², ResNet-32 after 10 epochs", _ => Hinton, TeacherKind.Unfinished),
        new(
            "tf-kd-self",
            "Tf-KD_self",
            _ => TfKdRecipes.TfKdSelf(PaperNetwork.ResNet18, Anyone, RecipeSource.ReferenceCode).Objective,
            TeacherKind.Self)
        {
            Published = (1.23, "ResNet-18"),
        },
        new("tf-kd-self-hinton", "Tf-KD_self with KD's T²", _ => Hinton, TeacherKind.Self),
        new("tf-kd-reg", "Tf-KD_reg, the paper's form", _ => TfKdRecipes.TfKdReg(PaperNetwork.ResNet18).Objective)
        {
            Published = (1.49, "ResNet-18"),
        },
        new(
            "tf-kd-reg-code",
            "Tf-KD_reg, the code's form",
            _ => TfKdRecipes.TfKdReg(PaperNetwork.ResNet18, RecipeSource.ReferenceCode).Objective)
        {
            Published = (1.49, "ResNet-18"),
        },
        new(
            "ls-matched",
            "label smoothing that equals the code's form",
            _ => TfKdRecipes.LabelSmoothingEquivalent(PaperNetwork.ResNet18).Objective),
        new(
            "tf-kd-reg-code-small",
            "Tf-KD_reg, the code's form, MobileNetV2's settings",
            _ => TfKdRecipes.TfKdReg(PaperNetwork.MobileNetV2, RecipeSource.ReferenceCode).Objective)
        {
            Published = (2.50, "MobileNetV2"),
        },
        new("ce-rescaled", "cross entropy of that weight", _ => TfKdRecipes.RescaledCrossEntropy(PaperNetwork.MobileNetV2).Objective),
        new("ce-rescaled-kd", "cross entropy of weight 0.4, as in Re-KD and De-KD", _ => (1 - Code.Alpha) * new CrossEntropy()),
        new("ce-longer", "cross entropy, twice the epochs", _ => new CrossEntropy()) { EpochFactor = 2 },
        // The warm-up of the authors is 20 of 240 epochs; beta 2 is theirs for ResNet-56.
        new(
            "dkd",
            "DKD, ResNet-56",
            epochs => new CrossEntropy() + new Ramped { Inner = new DecoupledKd { Beta = 2 }, Epochs = Math.Max(1, epochs / 12) },
            TeacherKind.Good)
        {
            Published = (2.91, "ResNet-56 to 20"),
        },
        new("dist", "DIST, ResNet-56", _ =>
            new CrossEntropy() + new Dist { Beta = 2, Gamma = 2, Temperature = 4, Form = DistForm.ReferenceCode }, TeacherKind.Good)
        {
            Published = (2.69, "ResNet-56 to 20"),
        },
        new("nkd", "NKD, ResNet-56", _ => new CrossEntropy() + new NormalizedKd { Gamma = 3.5, Temperature = 3 }, TeacherKind.Good),
        new(
            "z-score-kd",
            "z-score KD, ResNet-56",
            _ => 0.1 * new CrossEntropy() + 9 * 4 * new LogitStandardization { Inner = new SoftTargetKl { Temperature = 2 } },
            TeacherKind.Good)
        {
            Published = (2.37, "ResNet-56 to 20"),
        },
    ];

    /// <summary>
    /// What a study compares with cross entropy, which is first: objectives without a teacher, those with one, and controls of the size of
    /// the step and of the time. <c>ls</c> and <c>tf-kd-reg-code</c> are one objective up to rounding, and show what noise is.
    /// </summary>
    public static IReadOnlyList<Method> Studied { get; } =
    [
        .. Named(
            "baseline", "ls", "tf-kd-reg", "tf-kd-reg-code", "tf-kd-self-hinton", "kd", "kd-levelled", "dkd", "dist", "nkd", "z-score-kd",
            "re-kd-hinton", "de-kd-hinton", "de-kd-10-hinton", "ce-double", "ce-quad", "ce-longer"),
    ];

    /// <summary>
    /// Those of them that the paper's three claims are about, and controls of the second and of Tf-KD_self: what is compared in runs of twice the
    /// time.
    /// </summary>
    public static IReadOnlyList<Method> StudiedLonger { get; } =
    [
        .. Named("baseline", "ls", "tf-kd-reg", "tf-kd-self-hinton", "re-kd-hinton", "kd", "kd-levelled", "ce-longer"),
    ];

    private static IEnumerable<Method> Named(params IEnumerable<string> names) =>
        names.Select(name => All.Single(method => method.Name == name));
}
