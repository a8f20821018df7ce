"""Ordnance Survey grid to latitude and longitude, and distances on the globe.

Open postcode data gives eastings and northings; pins and links use WGS84. The seven-number
Helmert shift used here is good to about 5 metres, a tenth of a postcode.
"""

from __future__ import annotations

from math import asin, atan2, cos, degrees, radians, sin, sqrt, tan

EARTH_KM = 6371.0088
KM_PER_MILE = 1.609344

# Airy 1830 ellipsoid and the National Grid's projection (Ordnance Survey, "A guide to
# coordinate systems in Great Britain", annexes A and C).
_A, _B = 6377563.396, 6356256.909
_F0 = 0.9996012717
_LAT0, _LON0 = radians(49.0), radians(-2.0)
_E0, _N0 = 400000.0, -100000.0
_E2 = 1 - (_B * _B) / (_A * _A)
_NN = (_A - _B) / (_A + _B)
# The series of annex C2, with all that does not depend on the point; thousands of points are converted at every start.
_ARC = tuple(
    _B * _F0 * factor
    for factor in (
        1 + _NN + 1.25 * _NN**2 + 1.25 * _NN**3,
        3 * _NN + 3 * _NN**2 + 2.625 * _NN**3,
        1.875 * _NN**2 + 1.875 * _NN**3,
        (35 / 24) * _NN**3,
    )
)
_WGS_A, _WGS_B = 6378137.0, 6356752.314245
_WGS_E2 = 1 - (_WGS_B * _WGS_B) / (_WGS_A * _WGS_A)
_RX, _RY, _RZ = (radians(seconds / 3600) for seconds in (0.1502, 0.2470, 0.8421))


def _meridian_arc(lat: float) -> float:
    minus, plus = lat - _LAT0, lat + _LAT0
    first, second, third, fourth = _ARC
    return (
        first * minus
        - second * sin(minus) * cos(plus)
        + third * sin(2 * minus) * cos(2 * plus)
        - fourth * sin(3 * minus) * cos(3 * plus)
    )


def _to_airy(easting: float, northing: float) -> tuple[float, float]:
    lat = (northing - _N0) / (_A * _F0) + _LAT0
    while abs(gap := northing - _N0 - _meridian_arc(lat)) >= 1e-3:
        lat += gap / (_A * _F0)
    s2 = sin(lat) ** 2
    nu = _A * _F0 / sqrt(1 - _E2 * s2)
    rho = _A * _F0 * (1 - _E2) / (1 - _E2 * s2) ** 1.5
    eta2 = nu / rho - 1
    t, sec = tan(lat), 1 / cos(lat)
    t2 = t * t
    d = easting - _E0
    lat -= t / (2 * rho * nu) * d**2
    lat += t / (24 * rho * nu**3) * (5 + 3 * t2 + eta2 - 9 * t2 * eta2) * d**4
    lat -= t / (720 * rho * nu**5) * (61 + 90 * t2 + 45 * t2 * t2) * d**6
    lon = _LON0 + sec / nu * d
    lon -= sec / (6 * nu**3) * (nu / rho + 2 * t2) * d**3
    lon += sec / (120 * nu**5) * (5 + 28 * t2 + 24 * t2 * t2) * d**5
    return lat, lon


def to_wgs84(easting: float, northing: float) -> tuple[float, float]:
    """Return (latitude, longitude) in degrees of a point of the National Grid in metres."""
    lat, lon = _to_airy(easting, northing)
    nu = _A / sqrt(1 - _E2 * sin(lat) ** 2)
    x, y = nu * cos(lat) * cos(lon), nu * cos(lat) * sin(lon)
    z = nu * (1 - _E2) * sin(lat)
    scale = 1 - 20.4894e-6
    x2 = 446.448 + x * scale - y * _RZ + z * _RY
    y2 = -125.157 + x * _RZ + y * scale - z * _RX
    z2 = 542.060 - x * _RY + y * _RX + z * scale
    p = sqrt(x2 * x2 + y2 * y2)
    lat = atan2(z2, p * (1 - _WGS_E2))
    for _ in range(4):
        nu = _WGS_A / sqrt(1 - _WGS_E2 * sin(lat) ** 2)
        lat = atan2(z2 + _WGS_E2 * nu * sin(lat), p)
    return degrees(lat), degrees(atan2(y2, x2))


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the straight-line distance in kilometres between two (latitude, longitude) points."""
    lat1, lon1, lat2, lon2 = radians(a[0]), radians(a[1]), radians(b[0]), radians(b[1])
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, half)))
