"""Invented surgeries at real postcodes, and a stand-in for the servers we fetch from."""

from __future__ import annotations

import csv
import io
import os
import threading
from collections.abc import Iterable
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TODAY = date(2026, 11, 23)
ROOT = Path(__file__).resolve().parents[3]
NEARBY = ROOT.parent / "shared" / "data" / "epraccur_2026-02_gp_only.csv"
REAL_LIST = Path(os.environ.get("OWNIT_GP_FILE") or NEARBY)

Row = list[str]


def report_row(
    code: str,
    name: str,
    postcode: str,
    phone: str = "020 7946 0000",
    address: str = "1 TEST STREET",
    town: str = "LONDON",
    status: str = "ACTIVE",
    role: str = "RO76",
    opened: str = "20200401",
) -> Row:
    """Return one row of the ODS report."""
    row = [code, name, "Y56", "QRV", address, "", "", town, "", postcode, opened, "", status, "B", "W2U3Z"]
    row += [opened, "", phone, "", "", "", "0", "", "W2U3Z", "", role, ""]
    return row


def as_csv(rows: Iterable[Row]) -> str:
    """Return rows as the report writes them."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def invented() -> list[Row]:
    """Return a dozen invented surgeries; the phone numbers are Ofcom's for drama."""
    return [
        report_row("E99001", "THE QUILLFEATHER MEDICAL CENTRE", "W2 1LQ", "02079 460001", "4 INKWELL CLOSE"),
        report_row("E99002", "ST MARY'S MOONRAKER NHS PRACTICE", "W2 2HL", "020 7946 0002"),
        report_row("E99003", "DR MCDABBLE & PARTNERS", "W2 1ND", "(020)79460003"),
        report_row("E99004", "BRAMBLEWICK SURGERY", "W5 2QS", "020 7946 0004", town="EALING"),
        report_row("E99005", "BRAMBLEWICK SURGERY", "UB1 3HW", "020 7946 0005", town="SOUTHALL"),
        report_row("E99006", "TUMBLEDOWN CTR", "W3 8QE", "020 7946 0006", town="ACTON", opened="20260130"),
        report_row("E99007", "HOMELESS HEALTHCARE TEAM", "W2 1NY", "020 7946 0007"),
        report_row("E99008", "PIPISTRELLE FAMILY PRACTICE", "SW1A 1AA", "020 7946 0008", role="RO76|RO268"),
        report_row("E99009", "CLOSED LONG AGO SURGERY", "W2 1NY", status="INACTIVE"),
        report_row("E99010", "WOBBLEGATE WALK IN", "W2 1NY", role="RO87"),
        report_row("W99011", "CWM NOWHERE SURGERY", "CF10 1EP"),
        report_row("E99012", "FERNYBANK HEALTH CENTRE", "CH1 4AA", "020 7946 0012", town="CHESTER"),
    ]


class StandIn:
    """A stand-in for the NHS server: says whatever a test put into it."""

    def __init__(self) -> None:
        self.status = 200
        self.body = as_csv(invented()).encode()
        self.kind = "text/csv"
        self.promised: int | None = None
        self.fail_first = 0
        self.asked = 0
        self.hang = threading.Event()
        self.hangs = False
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stand_in.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/getReport?report=epraccur"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked += 1
        if self.hangs:
            self.hang.wait(20)
            return
        status = 500 if self.asked <= self.fail_first else self.status
        handler.send_response(status)
        handler.send_header("Content-Type", self.kind)
        handler.send_header("Content-Length", str(self.promised or len(self.body)))
        handler.end_headers()
        handler.wfile.write(self.body)

    def close(self) -> None:
        self.hang.set()
        self.server.shutdown()
        self.server.server_close()
