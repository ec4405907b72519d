namespace TfKd;

/// <summary>Which classes a teacher may know beside the student's.</summary>
public enum TeacherClasses
{
    /// <summary>None: a teacher that knows others is refused, since its probabilities mean something else.</summary>
    AsStudent,

    /// <summary>
    /// Any: what it says of classes that the student does not have is left out, and their probability goes to the student's classes in
    /// proportion to what these have (the softmax over them). An image of another class, which the teacher would tell, is then taught as
    /// one of the student's.
    /// </summary>
    MayBeMore,
}
