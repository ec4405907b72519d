using System.Reflection;
using TfKd.Tool;

namespace TfKd.MLNet.Tests;

public sealed class FailuresTests
{
    private static readonly ImageDecodingException _photo = new("The photo cannot be used.");

    public static TheoryData<Exception> Wrapped =>
    [
        _photo,
        new InvalidOperationException("outer", _photo),
        new AggregateException(new InvalidOperationException("outer", _photo)),
        new InvalidOperationException("outer", new TargetInvocationException(new InvalidOperationException("inner", _photo))),
    ];

    /// <summary>ML.NET puts what a row fails with into exceptions of its own, as many as the data have steps.</summary>
    [Theory]
    [MemberData(nameof(Wrapped), DisableDiscoveryEnumeration = true)]
    public void What_is_wrong_with_a_photo_is_told_however_deep_it_lies(Exception exception)
    {
        Assert.Equal("The photo cannot be used.", Failures.MessageOf(exception));
        Assert.Same(_photo, Failures.DecodingErrorOf(exception));
    }

    /// <summary>What a command says of it beside the reason.</summary>
    [Fact]
    public void A_message_that_was_made_of_it_stays() => Assert.Equal(
        "The photo cannot be used. --skip-damaged leaves such photos out.",
        Failures.MessageOf(new InvalidDataException("The photo cannot be used. --skip-damaged leaves such photos out.", _photo)));

    [Fact]
    public void An_unexpected_failure_is_told_with_its_type() => Assert.Equal(
        "InvalidCastException: No such thing. This should not happen; --verbosity diag shows where it did.",
        Failures.MessageOf(new AggregateException(new InvalidCastException("No such thing."))));
}
