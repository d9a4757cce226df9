return await Tollgate.Server.Cli.CommandLine.RunAsync(args);
