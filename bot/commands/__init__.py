"""The subcommands of ``ownit``; each module has ``add_arguments(parser)`` and ``run(arguments)``."""
