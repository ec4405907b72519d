using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Which names wrappers put before those of a network, and which of several networks is meant.</summary>
public sealed class WeightPrefixTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly ImageNetwork _network = new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 2 }.Build(3);
    private readonly Dictionary<string, Tensor> _state;
    private readonly string[] _body;

    public WeightPrefixTests()
    {
        _state = _network.Body.state_dict();
        _body = [.. _state.Keys.Where(key => !key.StartsWith("fc.", StringComparison.Ordinal) && !WeightKeys.IsCounter(key))];
    }

    public void Dispose()
    {
        _network.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void A_network_by_its_own_names_stays_as_it_is_with_whatever_lies_beside_it()
    {
        var weights = Weights(("", _body), ("loss.", ["weight"]));
        Assert.Equal(weights.Keys, Remove(weights).Keys);
        Assert.Empty(Remove([]));
    }

    [Theory]
    [InlineData("module.")]
    [InlineData("model.module.")]
    [InlineData(".")]
    public void All_of_it_under_a_prefix_is_found_without_head_and_counters(string prefix) =>
        Assert.Equal(_body.Order(), Remove(Weights((prefix, _body), ("loss.", ["weight"]))).Keys.Order());

    [Fact]
    public void One_tensor_of_the_same_name_beside_it_is_not_the_network() =>
        Assert.Equal(_body.Order(), Remove(Weights(("", [_body[0]]), ("module.", _body))).Keys.Order());

    [Fact]
    public void Two_networks_of_the_same_fit_are_refused_even_where_only_one_has_a_head()
    {
        var error = Assert.Throws<InvalidDataException>(
            () => Remove(Weights(("student.", _body), ("teacher.", [.. _body, "fc.weight", "fc.bias"]))));
        Assert.Equal(
            "the file has the network under 'student.' and 'teacher.'; expected it once, or the name of the one to take behind that of the "
                + "dictionary (Dictionary, or WeightsDictionary of a trainer's options).",
            error.Message);
    }

    [Fact]
    public void Of_two_networks_the_one_without_more_of_its_own_is_taken()
    {
        var weights = Weights(("larger.", [.. _body, "features.99.weight"]), ("own.", _body));
        Assert.Equal(_body.Length, Remove(weights).Count);
    }

    [Fact]
    public void Half_of_it_is_enough_to_be_told_what_is_missing_and_less_is_not()
    {
        var half = _body[..((_body.Length + 1) / 2)];
        // Of two prefixes with as much the shorter one.
        Assert.Equal(half.Order(), Remove(Weights(("longer.", half), ("own.", half))).Keys.Order());
        var less = _body[..((_body.Length - 1) / 2)];
        Assert.Equal(less.Select(key => $"own.{key}").Order(), Remove(Weights(("own.", less))).Keys.Order());
    }

    [Fact]
    public void Older_names_without_a_prefix_go_before_those_under_one()
    {
        using var network = new DenseNet { Depth = 121, GrowthRate = 2, CifarStem = true, InputShape = new ImageShape(3, 32, 32) }.Build(3);
        var state = network.Body.state_dict();
        var old = state.Keys.Where(key => !WeightKeys.IsCounter(key)).ToDictionary(
            key => System.Text.RegularExpressions.Regex.Replace(key, @"\.(norm|conv)([12])\.", ".$1.$2."), key => state[key]);
        Assert.NotEqual(state.Keys.Where(key => !WeightKeys.IsCounter(key)).Order(), old.Keys.Order());
        var twice = old.Concat(old.Select(entry => KeyValuePair.Create($"module.{entry.Key}", entry.Value))).ToDictionary();
        Assert.Equal(twice.Keys.Order(), WeightPrefix.Remove(network, state, twice, "the file").Keys.Order());
    }

    private Dictionary<string, Tensor> Remove(Dictionary<string, Tensor> weights) =>
        WeightPrefix.Remove(_network, _state, weights, "the file");

    private Dictionary<string, Tensor> Weights(params (string Prefix, string[] Keys)[] parts) => parts
        .SelectMany(part => part.Keys.Select(key => (Name: part.Prefix + key, Value: _state.GetValueOrDefault(key) ?? zeros(2))))
        .ToDictionary(entry => entry.Name, entry => entry.Value);
}
