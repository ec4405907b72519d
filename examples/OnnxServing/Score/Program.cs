using System.CommandLine;
using OnnxServing;

var root = ScoreCommand.Create(Environment.GetEnvironmentVariable);
var arguments = root.Parse(args);
var code = await arguments.InvokeAsync();
return arguments.Errors.Count > 0 ? ScoreCommand.Usage : code;
