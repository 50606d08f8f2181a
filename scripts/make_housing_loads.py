"""Makes configs/data/housing_loads.csv: 800 invented houses, 8 features, heating and cooling load.

    python3 scripts/make_housing_loads.py > configs/data/housing_loads.csv

No house was measured. With u = 1 / (0.25 + insulation_cm / 3.5) W/m2K for walls and roof, 1.4 for windows, air that
leaks 0.34 * air_changes * volume W/K, and g the share of the wall that is glass:

    loss    = u (wall_area (1 - g) + roof_area) + 1.4 wall_area g + 0.34 air_changes volume          (W/K)
    sun     = wall_area g (0.6 - 0.4 cos(orientation))            south, 180 degrees, has the most   (m2)
    heating_load = softplus(72 loss / floor_area - 130 sun / floor_area - 12; 6) + 2 N               (kWh/m2 a)
    cooling_load = softplus(130 sun / floor_area - 6 loss / floor_area + 4; 4) + 1.0 N               (kWh/m2 a)

and neither is below 0; softplus(x; s) = s ln(1 + exp(x / s)), volume = 2.6 floor_area, roof_area = floor_area / floors and wall_area from a
house of that floor area, with the length twice to once its width. Both loads need loss and sun, with opposite signs.
"""

import csv
import math
import sys

from draws import Draws

COLUMNS = [
    "floor_area", "floors", "wall_area", "roof_area", "insulation_cm", "glass_share", "orientation", "air_changes",
    "heating_load", "cooling_load",
]


def softplus(x, scale):
    return scale * math.log1p(math.exp(x / scale))


def house(draws):
    area = draws.between(60, 240)
    floors = 1 + int(3 * draws.uniform())
    ratio = draws.between(1, 2)
    width = math.sqrt(area / floors / ratio)
    wall = 2 * width * (1 + ratio) * 2.6 * floors
    roof = area / floors
    insulation = draws.between(2, 26)
    glass = draws.between(0.05, 0.4)
    orientation = draws.between(0, 360)
    air = math.exp(draws.between(math.log(0.15), math.log(1.5)))
    u = 1 / (0.25 + insulation / 3.5)
    loss = u * (wall * (1 - glass) + roof) + 1.4 * wall * glass + 0.34 * air * 2.6 * area
    sun = wall * glass * (0.6 - 0.4 * math.cos(math.radians(orientation)))
    heating = softplus(72 * loss / area - 130 * sun / area - 12, 6) + 2 * draws.normal()
    cooling = softplus(130 * sun / area - 6 * loss / area + 4, 4) + 1.0 * draws.normal()
    return [
        f"{area:.0f}", floors, f"{wall:.0f}", f"{roof:.0f}", f"{insulation:.0f}", f"{glass:.2f}", f"{orientation:.0f}",
        f"{air:.2f}", f"{max(heating, 0.0):.1f}", f"{max(cooling, 0.0):.1f}",
    ]


def main():
    draws = Draws(21)
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(house(draws) for _ in range(800))


main()
