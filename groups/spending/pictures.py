"""Barcode (Code 128) and QR code of a payment code, as SVG for the app to show."""

import io

import barcode
import segno
from barcode.writer import SVGWriter


def barcode_svg(digits: str) -> str:
    """Draw the barcode, without the digits below it."""
    picture = io.BytesIO()
    barcode.get("code128", digits, writer=SVGWriter()).write(picture, options={"write_text": False})
    return picture.getvalue().decode()


def qr_svg(digits: str) -> str:
    """Draw the QR code."""
    picture = io.BytesIO()
    segno.make(digits, error="m", micro=False).save(picture, kind="svg", scale=4, xmldecl=False)
    return picture.getvalue().decode()
