"""Ask the operator's own scanner whether a file is clean: a command, or an address.

A command is run with the file's path behind it and ends with 0 for clean and 1 for not clean, as
clamscan and clamdscan do. An address gets the file as the body of a POST and answers 2xx for clean
and 406 or 422 for not clean, as clamav-rest does. Everything else is a failure of the scanner: the
file is held, and tried again.
"""

import asyncio
import shlex
from pathlib import Path
from typing import Protocol

import httpx

_NOT_CLEAN = (406, 422)


class ScanFailed(Exception):
    """The scanner could not say; nothing is known of the file."""


class Scanner(Protocol):
    """What knows whether a file is clean."""

    async def is_clean(self, path: Path) -> bool:
        """Say whether the file may be kept and given out. Raises ScanFailed."""


class CommandScanner:
    """Runs a command for each file."""

    def __init__(self, command: str, timeout_s: float) -> None:
        """`command` as a shell would split it; no shell runs it."""
        self._command = shlex.split(command)
        self._timeout_s = timeout_s

    async def is_clean(self, path: Path) -> bool:
        """Run the command. Raises ScanFailed."""
        devnull = asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, str(path), stdin=devnull, stdout=devnull, stderr=devnull
            )
        except OSError as error:
            raise ScanFailed(f"{self._command[0]}: {type(error).__name__}") from error
        try:
            async with asyncio.timeout(self._timeout_s):
                code = await process.wait()
        except TimeoutError as error:
            raise ScanFailed(f"{self._command[0]} took too long") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if code not in (0, 1):
            raise ScanFailed(f"{self._command[0]} ended with {code}")
        return code == 0


class HttpScanner:
    """Sends each file to an address."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = url
        self._timeout_s = timeout_s

    async def is_clean(self, path: Path) -> bool:
        """Post the file. Raises ScanFailed."""
        content = await asyncio.to_thread(path.read_bytes)
        kind = {"Content-Type": "application/octet-stream"}
        try:
            async with httpx.AsyncClient(timeout=self._timeout_s) as http:
                answer = await http.post(self._url, content=content, headers=kind)
        except httpx.HTTPError as error:
            raise ScanFailed(type(error).__name__) from error
        if answer.is_success:
            return True
        if answer.status_code in _NOT_CLEAN:
            return False
        raise ScanFailed(f"answered {answer.status_code}")


def scanner_of(command: str, url: str, timeout_s: float) -> Scanner | None:
    """Give the scanner that the settings name, if they name one."""
    if command:
        return CommandScanner(command, timeout_s)
    return HttpScanner(url, timeout_s) if url else None
