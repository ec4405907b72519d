namespace TfKd;

/// <summary>The settings of a distillation in a file of the code of Yuan et al., CVPR 2020.</summary>
/// <param name="Batch">Rate and batch size.</param>
/// <param name="Term">The teacher's term.</param>
internal sealed record PaperDistillation(PaperBatch Batch, PaperTerm Term);
