using System.CommandLine;

namespace OnnxServing;

/// <summary>
/// The command line. Exit codes: 0, the shard is finished; 1, it is not, and what was there before is whole; 2, the command line or the
/// scheduler's variables contradict themselves.
/// </summary>
internal static class ScoreCommand
{
    /// <summary>The command line contradicts itself.</summary>
    public const int Usage = 2;

    private static readonly Option<FileInfo> _model = new Option<FileInfo>("--model")
    {
        Required = true,
        HelpName = "FILE",
        Description = "A network that SaveOnnx wrote.",
    }.AcceptExistingOnly();

    private static readonly Option<string> _input = new("--input")
    {
        Required = true,
        HelpName = "FOLDER|FILE",
        Description = "A folder, with those below it, or a text file with a path a line, which starts at that file's folder.",
    };

    private static readonly Option<string> _output = new("--output")
    {
        Required = true,
        HelpName = "FILE",
        Description = "A .csv or .parquet file; of several shards each writes its own, as scores-00003-of-00008.csv.",
    };

    private static readonly Option<string> _shard = new("--shard")
    {
        HelpName = "i/N",
        Description = "The photos whose place in the list has the remainder i when divided by N. Default: by SLURM_ARRAY_TASK_ID and "
            + $"_COUNT, by JOB_COMPLETION_INDEX and {Shard.CountVariable}, or else all.",
    };

    private static readonly ShardSettings _defaults = new("", "", "");
    private static readonly Option<int> _batch = Count("--batch", _defaults.Batch, 1, "Images that the network computes at once.");
    private static readonly Option<int> _threads = Count("--threads", _defaults.Threads, 1, "Batches in work at once, each by a thread.");
    private static readonly Option<bool> _scores = new("--scores") { Description = "Writes a column a class, too." };
    private static readonly Option<bool> _force = new("--force") { Description = "Does a finished shard anew." };

    private static readonly Option<double> _mostBad = new("--max-bad")
    {
        HelpName = "PERCENT",
        DefaultValueFactory = _ => _defaults.MostBad,
        Description = "Of the shard's photos; where more cannot be read, the shard fails.",
    };

    /// <summary>The command line.</summary>
    /// <param name="variables">Gives an environment variable, or null.</param>
    public static RootCommand Create(Func<string, string?> variables)
    {
        var root = new RootCommand("Scores many photos, or a shard of them, with ONNX Runtime and SkiaSharp alone.")
        {
            _model, _input, _output, _shard, _batch, _threads, _scores, _mostBad, _force,
        };
        root.SetAction((arguments, token) => Run(arguments, variables, token));
        return root;
    }

    private static async Task<int> Run(ParseResult arguments, Func<string, string?> variables, CancellationToken token)
    {
        var messages = arguments.InvocationConfiguration.Error;
        try
        {
            var record = await new ScoreRun(Read(arguments, variables), messages).Run(token);
            arguments.InvocationConfiguration.Output.WriteLine($"{record.Shard} {record.Scored} scored {record.Bad} bad");
            return 0;
        }
        catch (UsageException error)
        {
            messages.WriteLine(error.Message);
            return Usage;
        }
        catch (OperationCanceledException)
        {
            messages.WriteLine("Stopped: the shard is not finished, and starts anew the next time.");
            return 1;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            messages.WriteLine(error.Message);
            return 1;
        }
    }

    private static ShardSettings Read(ParseResult arguments, Func<string, string?> variables)
    {
        var output = arguments.GetRequiredValue(_output);
        if (!ScoreTable.Formats.Contains(Path.GetExtension(output), StringComparer.OrdinalIgnoreCase))
            throw new UsageException($"--output must end with {string.Join(" or ", ScoreTable.Formats)}, but is '{output}'.");
        var input = arguments.GetRequiredValue(_input);
        if (!Path.Exists(input))
            throw new UsageException($"--input must be a folder or a text file, but '{input}' is not there.");
        var mostBad = arguments.GetValue(_mostBad);
        if (!(mostBad is >= 0 and <= 100))
            throw new UsageException($"--max-bad must be within 0 and 100, but is {mostBad}.");
        return new ShardSettings(arguments.GetRequiredValue(_model).FullName, input, output)
        {
            Shard = arguments.GetValue(_shard) is { } shard ? Shard.Parse(shard) : Shard.FromEnvironment(variables),
            Batch = arguments.GetValue(_batch),
            Threads = arguments.GetValue(_threads),
            Scores = arguments.GetValue(_scores),
            MostBad = mostBad,
            Force = arguments.GetValue(_force),
        };
    }

    private static Option<int> Count(string name, int otherwise, int least, string description)
    {
        var option = new Option<int>(name) { HelpName = "N", DefaultValueFactory = _ => otherwise, Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, out var number) && number < least)
                result.AddError($"{name} must be at least {least}, but is {text}.");
        });
        return option;
    }
}
