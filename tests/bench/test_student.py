"""Student's t against published tables."""

import math

import pytest

from bench import student

# Upper quantiles as every textbook prints them, to three digits.
TABLE = {
    (1, 0.95): 6.314,
    (1, 0.975): 12.706,
    (1, 0.995): 63.657,
    (2, 0.95): 2.920,
    (2, 0.975): 4.303,
    (3, 0.975): 3.182,
    (3, 0.995): 5.841,
    (4, 0.95): 2.132,
    (5, 0.975): 2.571,
    (7, 0.95): 1.895,
    (7, 0.975): 2.365,
    (7, 0.995): 3.499,
    (8, 0.9995): 5.041,
    (10, 0.9): 1.372,
    (11, 0.975): 2.201,
    (30, 0.975): 2.042,
    (60, 0.95): 1.671,
    (120, 0.975): 1.980,
}


@pytest.mark.parametrize(("freedom", "p"), TABLE)
def test_quantiles_are_those_of_the_printed_tables(freedom: int, p: float) -> None:
    assert student.quantile(p, freedom) == pytest.approx(TABLE[freedom, p], abs=6e-4)


def test_one_degree_of_freedom_is_the_cauchy_distribution() -> None:
    for t in (-20.0, -1.0, 0.3, 4.0):
        assert student.cdf(t, 1) == pytest.approx(0.5 + math.atan(t) / math.pi)


def test_two_degrees_of_freedom_have_their_closed_form() -> None:
    for t in (-20.0, -1.0, 0.3, 4.0):
        assert student.cdf(t, 2) == pytest.approx(0.5 + t / (2 * math.sqrt(2 + t * t)))


@pytest.mark.parametrize("freedom", range(1, 20))
def test_quantile_undoes_cdf(freedom: int) -> None:
    for p in (0.001, 0.3, 0.5, 0.9, 0.9999):
        assert student.cdf(student.quantile(p, freedom), freedom) == pytest.approx(p)


@pytest.mark.parametrize("freedom", range(1, 20))
def test_cdf_is_symmetric_and_rises(freedom: int) -> None:
    shares = [student.cdf(t / 4, freedom) for t in range(-40, 41)]
    assert shares == sorted(shares)
    assert shares[40] == 0.5
    assert all(
        low + high == pytest.approx(1) for low, high in zip(shares, reversed(shares), strict=True)
    )


def test_infinite_t_lies_beyond_everything() -> None:
    assert student.cdf(math.inf, 3) == 1
    assert student.cdf(-math.inf, 3) == 0


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1])
def test_quantile_outside_of_0_to_1_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="must be within 0 to 1"):
        student.quantile(p, 3)


def test_no_degrees_of_freedom_are_refused() -> None:
    with pytest.raises(ValueError, match="0 degrees of freedom"):
        student.cdf(1.0, 0)
    with pytest.raises(ValueError, match="0 degrees of freedom"):
        student.quantile(0.9, 0)
