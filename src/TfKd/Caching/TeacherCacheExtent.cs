namespace TfKd;

/// <summary>How much of a teacher's answers there is to keep in a run.</summary>
/// <param name="Rows">Number of training rows.</param>
/// <param name="Views">Number of views of each.</param>
/// <param name="Repeats">Whether a view comes more than once.</param>
internal readonly record struct TeacherCacheExtent(int Rows, int Views, bool Repeats);
