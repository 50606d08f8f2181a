"""Makes configs/data/students.csv: 2,000 invented students, 11 features with gaps, 7 related labels with gaps.

    python3 scripts/make_students.py > configs/data/students.csv

Nobody behind these rows exists. Three hidden normal numbers make each student: ability A, effort E, comfort C. They
show, with noise N, in the features, and the labels follow from the same three:

    previous_grade = 60 + 11 A + 4 N          study_hours = 8 + 3.2 E + 1.2 N       absences = 6 - 3 E + 2 N
    sleep_hours    = 7.3 + 0.7 C + 0.5 N      distance_km = exp(1.4 - 0.5 C + 0.5 N)
    parent_education: level 0..3 of 1.5 + 0.8 A + 0.7 N     job: more likely if E is small     club: follows A and C
    final_grade  = 60 + 9 A + 7 E + 5 tanh(A E) + 2 C + school + 4 N, within 0..100
    passed       : yes with probability logistic((grade without noise - 52) / 3)
    track        : softmax of 1.5 x (A + E, A - E, C + music or art, sports - A) over sciences, languages, arts, trades
    satisfaction : 1 + thresholds (-2.2, -0.9, 0.5, 1.9) below 1.3 C + 0.6 E + 0.3 A + logistic noise
    flags        : tutoring logistic(-1 - 1.6 A - 0.8 E), scholarship logistic(-1.2 + 1.5 A + 1.2 E),
                   counselling logistic(-1.2 - 1.5 C - 0.6 E)

So every label needs at least two of three hidden numbers, and a task helps the others to find them. Cells of five
features are missing with probability 0.05; labels are missing with 0.10 (passed), 0.15 (final_grade), 0.20 (track),
0.25 (satisfaction) and 0.12 (all three flags at once), whatever their value.
"""

import csv
import math
import sys

from draws import Draws, logistic

COLUMNS = [
    "id", "age", "school", "parent_education", "study_hours", "absences", "sleep_hours", "previous_grade",
    "distance_km", "job", "internet", "club",
    "passed", "track", "final_grade", "satisfaction", "tutoring", "scholarship", "counselling",
]
SCHOOLS = {"hill": 3.0, "lake": 0.0, "north": -1.0, "river": -2.5}
EDUCATION = ["basic", "school", "college", "university"]
TRACKS = ["sciences", "languages", "arts", "trades"]


def student(draws, number):
    ability, effort, comfort = (draws.normal() for _ in range(3))
    row = {"id": f"s{number:04}", "age": 15 + int(4 * draws.uniform())}
    row["school"] = draws.choose(list(SCHOOLS), [3, 3, 2, 2])
    level = math.floor(1.5 + 0.8 * ability + 0.7 * draws.normal())
    row["parent_education"] = EDUCATION[min(max(level, 0), 3)]
    row["study_hours"] = f"{max(0.0, 8 + 3.2 * effort + 1.2 * draws.normal()):.1f}"
    row["absences"] = max(0, round(6 - 3 * effort + 2 * draws.normal()))
    row["sleep_hours"] = f"{7.3 + 0.7 * comfort + 0.5 * draws.normal():.1f}"
    row["previous_grade"] = f"{min(max(60 + 11 * ability + 4 * draws.normal(), 0.0), 100.0):.1f}"
    row["distance_km"] = f"{math.exp(1.4 - 0.5 * comfort + 0.5 * draws.normal()):.1f}"
    works = logistic(-0.3 - effort)
    row["job"] = draws.choose(["none", "weekend", "daily"], [1 - works, 0.7 * works, 0.3 * works])
    row["internet"] = "yes" if draws.chance(0.9) else "no"
    club = draws.choose(
        ["none", "sports", "music", "art", "chess"],
        [1.5, math.exp(-0.5 * ability), math.exp(0.7 * comfort), math.exp(0.5 * comfort), math.exp(0.8 * ability) / 2],
    )
    row["club"] = club

    grade = 60 + 9 * ability + 7 * effort + 5 * math.tanh(ability * effort) + 2 * comfort + SCHOOLS[row["school"]]
    row["passed"] = "yes" if draws.chance(logistic((grade - 52) / 3)) else "no"
    scores = [
        ability + effort,
        ability - effort,
        comfort + (club in ("music", "art")),
        (club == "sports") - ability,
    ]
    row["track"] = draws.choose(TRACKS, [math.exp(1.5 * score) for score in scores])
    row["final_grade"] = f"{min(max(grade + 4 * draws.normal(), 0.0), 100.0):.1f}"
    even = draws.uniform()
    content = 1.3 * comfort + 0.6 * effort + 0.3 * ability + math.log(even / (1 - even))
    row["satisfaction"] = 1 + sum(content > threshold for threshold in (-2.2, -0.9, 0.5, 1.9))
    row["tutoring"] = int(draws.chance(logistic(-1 - 1.6 * ability - 0.8 * effort)))
    row["scholarship"] = int(draws.chance(logistic(-1.2 + 1.5 * ability + 1.2 * effort)))
    row["counselling"] = int(draws.chance(logistic(-1.2 - 1.5 * comfort - 0.6 * effort)))

    for column in ("parent_education", "study_hours", "sleep_hours", "distance_km", "job"):
        if draws.chance(0.05):
            row[column] = ""
    gaps = [
        (("passed",), 0.10),
        (("final_grade",), 0.15),
        (("track",), 0.20),
        (("satisfaction",), 0.25),
        (("tutoring", "scholarship", "counselling"), 0.12),
    ]
    for columns, share in gaps:
        if draws.chance(share):
            row.update(dict.fromkeys(columns, ""))
    return row


def main():
    draws = Draws(20)
    table = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(student(draws, number) for number in range(1, 2_001))


main()
