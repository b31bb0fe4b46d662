"""``python -m workbench --deployment DIR``: the workbench on this machine."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from getpass import getpass

import uvicorn

from core.serving import uvicorn_options
from pipeline.site import Site, open_site
from workbench import accounts
from workbench.app import create_app
from workbench.roles import Role


def serve(
    site: Site, *, host: str = "127.0.0.1", port: int = 8090, is_demo: bool = False, allow: Sequence[str] = ()
) -> None:
    """Serve until interrupted, to requests that name this host or one of ``allow`` (a proxy's name).

    With ``is_demo``, make an account for each role first and print its password once.
    """
    if is_demo:
        for role, (name, password) in accounts.create_demo(site).items():
            print(f"{role:16} {name:22} {password}")
    app = create_app(site, hosts=("127.0.0.1", "localhost", "[::1]", host, *allow))
    print(f"http://{host}:{port}/", flush=True)
    uvicorn.run(app, **uvicorn_options(host=host, port=port))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m workbench")
    parser.add_argument("--deployment", "-d", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--allow-host", action="append", default=[], metavar="NAME", help="a proxy's host name")
    parser.add_argument("--demo", action="store_true", help="one account a role, passwords printed once")
    parser.add_argument("--add-account", metavar="NAME", help="make an account (asks for its password) and end")
    parser.add_argument("--role", choices=[r.value for r in Role], default=Role.ANALYST.value)
    args = parser.parse_args()
    site = open_site(args.deployment)
    if args.add_account:
        accounts.create(site, args.add_account, args.role, getpass())
        return
    serve(site, host=args.host, port=args.port, is_demo=args.demo, allow=args.allow_host)


if __name__ == "__main__":
    main()
