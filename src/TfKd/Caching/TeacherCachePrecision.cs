namespace TfKd;

/// <summary>How a kept answer is written down.</summary>
public enum TeacherCachePrecision
{
    /// <summary>As the teacher gave it, four bytes a number: exact for a teacher that answers in float32.</summary>
#pragma warning disable CA1720 // The name of the number's type is what is meant.
    Float32,
#pragma warning restore CA1720

    /// <summary>Logarithms of the probabilities in half precision, two bytes a number: each is off by at most 1/2048 of itself.</summary>
    Float16,
}
