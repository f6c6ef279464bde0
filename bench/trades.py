"""Which HS chapters and NACE divisions fit the industries a register gives real companies.

By hand, generous: what such companies commonly make or sell. No chapters for services.
"""

_FOOD = " ".join(f"{chapter:02d}" for chapter in range(1, 25))
_TEXTILES = " ".join(map(str, range(50, 64)))
_CHEMICALS = " ".join(map(str, range(25, 41)))
_CHIPS = "85 84 90 38 28 37"

_CHAPTERS = {
    "Agricultural Inputs": "31 38 12 28 23 29 10 84 25",
    "Aluminum": "76 26 28",
    "Apparel Manufacturing": f"{_TEXTILES} 64 65 42 43",
    "Auto Parts": "87 84 85 40 73 83 70 94 39 90 72 76",
    "Beverages—Non-Alcoholic": "22 20 09 21",
    "Beverages—Wineries & Distilleries": "22",
    "Building Materials": "25 68 69 70 72 73 38 39 44",
    "Computer Hardware": "84 85 90 95",
    "Confectioners": "17 18 19 20 21 04 08",
    "Consumer Electronics": "84 85 90 95",
    "Drug Manufacturers—Specialty & Generic": "30 29 13 33 21",
    "Electronic Components": "85 84 90 74 76 38 83",
    "Farm Products": f"{_FOOD} 31 35",
    "Footwear & Accessories": "64 42 65 61 62 91 71 43",
    "Furnishings, Fixtures & Appliances": "94 84 85 69 73 57 63 70 44 76 82 83",
    "Gold": "71 26 74 79 78",
    "Lumber & Wood Production": "44 94 47 48 06",
    "Medical Devices": "90 30 94 40 63 85 84 87 38",
    "Medical Instruments & Supplies": "90 30 94 40 63 85 84 87 38",
    "Oil & Gas Refining & Marketing": "27 29 39 38",
    "Other Precious Metals & Mining": "71 26 74 79 78",
    "Packaged Foods": f"{_FOOD} 31 35",
    "Packaging & Containers": "39 48 70 73 76 83 44 63 45",
    "Paper & Paper Products": "47 48 49 44",
    "Semiconductor Equipment & Materials": _CHIPS,
    "Semiconductors": _CHIPS,
    "Solar": "85 84 28 76 90",
    "Specialty Chemicals": _CHEMICALS,
    "Steel": "72 73 26",
    "Textile Manufacturing": _TEXTILES,
    "Thermal Coal": "27 26",
    "Advertising Agencies": "",
    "Asset Management": "",
    "Banks—Regional": "",
    "Capital Markets": "",
    "Consulting Services": "",
    "Credit Services": "",
    "Education & Training Services": "",
    "Insurance": "",
    "Lodging": "",
    "Real Estate Services": "",
    "Restaurants": "",
    "Shell Companies": "",
    "Software—Application": "",
    "Staffing & Employment Services": "",
}

_DIVISIONS = {
    "Advertising Agencies": "73 63 62 82",
    "Airlines": "51",
    "Aluminum": "24 25 46",
    "Apparel Manufacturing": "14 13 15",
    "Asset Management": "64 66",
    "Auto Parts": "29 22 28 27 25 45",
    "Banks—Regional": "64",
    "Biotechnology": "72 21",
    "Building Materials": "23 08",
    "Drug Manufacturers—Specialty & Generic": "21 20 72",
    "Education & Training Services": "85",
    "Gambling": "92",
    "Gold": "07 24",
    "Insurance": "65 66",
    "Lodging": "55",
    "Marine Shipping": "50 52",
    "Medical Care Facilities": "86 87",
    "Oil & Gas E&P": "06 09",
    "Packaged Foods": "10 11 01 46",
    "Paper & Paper Products": "17 16 18",
    "Real Estate Services": "68 41",
    "Restaurants": "56",
    "Semiconductors": "26 28 27",
    "Software—Application": "62 58 63",
    "Specialty Chemicals": "20 22 21",
    "Staffing & Employment Services": "78",
    "Steel": "24 25 46",
    "Textile Manufacturing": "13 14",
    "Utilities—Renewable": "35",
    "Waste Management": "38 39 37",
}

CHAPTERS = {industry: frozenset(codes.split()) for industry, codes in _CHAPTERS.items()}
DIVISIONS = {industry: frozenset(codes.split()) for industry, codes in _DIVISIONS.items()}
