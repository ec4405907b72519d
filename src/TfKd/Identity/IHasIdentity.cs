namespace TfKd;

/// <summary>
/// Part of a plan that says itself what tells it from others of its type, instead of being written member by member: where it holds what
/// has no text, such as a function or a network.
/// </summary>
public interface IHasIdentity
{
    /// <summary>
    /// The same for two values that train alike, in every process, culture and version; another for two that do not. A name with a version,
    /// or a hash of the content, will do.
    /// </summary>
    string Identity { get; }
}
