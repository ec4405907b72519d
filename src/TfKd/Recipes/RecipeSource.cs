namespace TfKd;

/// <summary>Whose formulas a recipe takes. The hyper-parameters are those of the authors' files either way.</summary>
public enum RecipeSource
{
    /// <summary>The paper's equations.</summary>
    Paper,

    /// <summary>
    /// What the authors' code computes, with its multiplier; its losses have other sizes, and in Tf-KD_reg another teacher.
    /// </summary>
    ReferenceCode,
}
