"""What a user waits for before anything happens."""


def timeraw_import_command_line():
    return "import bench_runner.cli.main"


def timeraw_import_history():
    return "import bench_runner.history.series, bench_runner.history.changes"


def peakmem_import_command_line():
    import bench_runner.cli.main  # noqa: F401
