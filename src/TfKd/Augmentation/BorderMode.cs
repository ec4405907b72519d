namespace TfKd;

/// <summary>What stands beyond an image's border.</summary>
public enum BorderMode
{
    /// <summary>Black: pixel value 0.</summary>
    Zero,

    /// <summary>The image mirrored at its outermost pixels, which are not repeated.</summary>
    Reflect,
}
