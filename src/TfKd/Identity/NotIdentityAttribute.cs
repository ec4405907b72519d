namespace TfKd;

/// <summary>
/// Marks a member that does not change what is trained (a folder, a budget, a cached value): it takes no part in what tells one plan from
/// another, by which a checkpoint and a teacher's kept answers are found again.
/// </summary>
/// <remarks>
/// Everything else that an objective, a teacher or any other part of a plan holds in its fields is written, member by member. What cannot
/// be written (a delegate, a tensor, a module, a stream) must have this mark, or its type must be an <see cref="IHasIdentity"/>.
/// What a member has by default is not written: the type's constructor is asked for it.
/// </remarks>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class NotIdentityAttribute : Attribute;
