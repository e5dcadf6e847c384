"""A hand-made answer, plausible and fixed, for everything that prints or draws one."""

from collections.abc import Mapping

import msgspec
import pytest

from bench.sizing.answer.values import (
    Answer,
    Basis,
    Compared,
    Comparison,
    Constraint,
    CurvePoint,
    DelayPoint,
    Figure,
    Money,
    RoleAnswer,
    Sensitivity,
    StageShare,
)
from bench.sizing.scenario.schema import (
    Demand,
    Prices,
    Publish,
    Room,
    Scenario,
    System,
)

MEASURED = (
    "measured: relay costs, n = 10 rounds of 120 s in all; frame sizes of 5 clips; assumed: RTCP"
    " of 20 packets/s each way"
)
PRICED = "assumed: prices of the scenario, times measured servers, n = 10 rounds"


def figure(  # noqa: PLR0917 - a table of figures is read by its columns
    name: str,
    value: float,
    unit: str,
    spread: float = 0.08,
    basis: Basis = "measured",
    source: str = MEASURED,
) -> Figure:
    return Figure(
        name=name,
        value=float(value),
        low=value * (1 - spread),
        high=value * (1 + 1.3 * spread),
        unit=unit,
        basis=basis,
        source=source,
    )


def euros(name: str, value: float, spread: float = 0.0) -> Figure:
    return figure(name, value, "EUR", spread, "assumed", PRICED)


def role(
    name: str, per: str, stages: Mapping[str, float], traffic: float, servers: float | None = None
) -> RoleAnswer:
    return RoleAnswer(
        role=name,
        per=per,
        cores=figure("cores", sum(stages.values()), "cores"),
        stages=tuple(
            StageShare(stage=stage, cores=figure(stage, cores, "cores"))
            for stage, cores in stages.items()
        ),
        packets_in_per_s=figure("packets in", traffic, "packets/s", 0.02),
        packets_out_per_s=figure("packets out", traffic * 9, "packets/s", 0.02),
        bps_in=figure("in", traffic * 9000, "bit/s", 0.02),
        bps_out=figure("out", traffic * 81_000, "bit/s", 0.02),
        ram_bytes=figure("memory", 3.1e8 + traffic * 1e4, "bytes", 0.01),
        servers=None if servers is None else figure("servers", servers, "servers", 0.0),
    )


def curve(participants: float) -> CurvePoint:
    needed = float(max(1, round(participants / 90)))
    return CurvePoint(
        participants=participants,
        servers=Figure(
            name="servers",
            value=needed + 1,
            low=needed + 1,
            high=needed + 2 if participants > 50 else needed + 1,
            unit="servers",
            basis="measured",
            source=MEASURED,
        ),
        yearly_eur=euros("a year", 45_000 + 3600 * needed + 12 * participants, 0.03),
        setup_eur=euros("to set up", 2_380_000 + 6000 * needed, 0.0),
        busiest=figure("busiest", 0.62 * participants / 90 / needed, ""),
    )


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return Scenario(
        schema=1,
        title="27 delegations at Secret level",
        summary="A council meeting: all see all, 24 interpreted languages, layered encryption.",
        demand=Demand(peak_participants=27),
        rooms=(Room(size=27),),
        publish=Publish(languages=24),
        system=System(e2e_cipher="aes-256-gcm", outer_tunnel="aes-256-gcm"),
        prices=Prices(setup_budget_eur=2_400_000, yearly_budget_eur=400_000),
    )


@pytest.fixture(scope="session")
def answer(scenario: Scenario) -> Answer:
    growth = tuple(curve(27 * times) for times in (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0))
    return Answer(
        sealbench_version="0.1.0",
        name="council",
        title=scenario.title,
        summary=scenario.summary,
        scenario=msgspec.to_builtins(scenario),
        defaults=(
            "publish.cameras = 1.0",
            "publish.speakers = 2",
            "receive.last_n = 9",
            "video.codec = h264",
            "video.scalability = simulcast",
            "audio.packet_ms = 20.0",
            "system.send_method = sendmmsg",
            "network.mtu_bytes = 1200",
            "targets.relay_delay_p99_ms = 20.0",
            "host.name = 8 cores, 10 Gbit/s, 32 GiB",
        ),
        profile="calibration of 2026-11-22T14:30:00Z",
        machine="AMD EPYC, 2 cores",
        seed=2026,
        replicas=400,
        sees_plaintext=("participants",),
        participants=27.0,
        rooms=1.0,
        cores=figure("cores", 1.934, "cores"),
        servers=figure("servers", 2.0, "servers", 0.0),
        spare_servers=1,
        bps_in=figure("in", 69.1e6, "bit/s", 0.02),
        bps_out=figure("out", 1.234e9, "bit/s", 0.02),
        delay_p50_ms=figure("p50", 0.211, "ms", 0.05),
        delay_p95_ms=figure("p95", 0.934, "ms", 0.1),
        delay_p99_ms=figure("p99", 1.934, "ms", 0.22),
        delay_met=True,
        planned_load=0.242,
        money=Money(
            setup=(euros("servers", 12_000), euros("everything else", 2_380_000)),
            yearly=(
                euros("servers", 7_200),
                euros("egress", 1_212.5, 0.02),
                euros("everything else", 45_000),
            ),
            setup_eur=euros("set-up", 2_392_000),
            yearly_eur=euros("a year", 53_412.5, 0.001),
            setup_budget_eur=2_400_000.0,
            yearly_budget_eur=400_000.0,
        ),
        binding="relay CPU",
        constraints=(
            Constraint(
                name="CPU",
                role="relay",
                servers=figure("servers", 0.346, "servers"),
                used_of_one=figure("of one", 0.242, ""),
                binds=0.97,
            ),
            Constraint(
                name="packets of the card",
                role="relay",
                servers=figure("servers", 0.0446, "servers", 0.02),
                used_of_one=figure("of one", 0.0312, "", 0.02),
                binds=0.03,
            ),
            Constraint(
                name="one room on one server",
                role="relay",
                servers=figure("servers", 0.346, "servers"),
                used_of_one=figure("of one", 0.242, ""),
                binds=0.0,
                note="the largest room has 27 participants",
            ),
        ),
        roles=(
            role(
                "publisher",
                "one participant",
                {
                    "encode 720p": 0.212,
                    "encode 360p": 0.061,
                    "encode 180p": 0.018,
                    "seal frames (SFrame)": 0.0021,
                    "protect packets (SRTP)": 0.0011,
                    "tunnel": 0.0009,
                    "send": 0.0031,
                },
                285.0,
            ),
            role(
                "receiver",
                "one participant",
                {"decode": 0.19, "open frames (SFrame)": 0.011, "unprotect": 0.006, "receive": 0.0},
                2565.0,
            ),
            role(
                "relay",
                "all servers",
                {
                    "receive": 0.0312,
                    "unprotect": 0.0112,
                    "rewrite and protect copies": 0.4,
                    "send": 1.35,
                    "RTCP": 0.05,
                    "handshakes and rekeying": 0.0004,
                },
                7695.0,
                1.0,
            ),
            role(
                "tunnel gateway", "all servers", {"open tunnel": 0.02, "seal tunnel": 0.07}, 7695, 1
            ),
        ),
        delay_curve=tuple(
            DelayPoint(
                load=load,
                p50_ms=figure("p50", 0.2 / (1 - load) ** 0.5, "ms", 0.05),
                p95_ms=figure("p95", 0.8 / (1 - load), "ms", 0.1),
                p99_ms=figure("p99", 1.5 / (1 - load), "ms", 0.22),
            )
            for load in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
        ),
        headroom=tuple(curve(27 * times / 4) for times in range(1, 17)),
        growth=growth,
        sensitivities=(
            Sensitivity(
                change="video bitrate +10 %",
                servers_ratio=1.081,
                delay_p99_ratio=1.09,
                yearly_eur_ratio=1.002,
            ),
            Sensitivity(
                change="cost of sending a packet +10 %",
                servers_ratio=1.067,
                delay_p99_ratio=1.07,
                yearly_eur_ratio=1.0,
            ),
            *(
                Sensitivity(
                    change=f"input {place} +10 %",
                    servers_ratio=1 - place / 1000,
                    delay_p99_ratio=None,
                    yearly_eur_ratio=None,
                )
                for place in range(1, 6)
            ),
        ),
        assumed=(
            "A key frame is asked for by everybody who joins, and sent once for all of them.",
            "Cores of the host are as fast as those of the calibrated machine.",
        ),
        unchecked=("No load test has sent this traffic through a relay yet.",),
    )


@pytest.fixture(scope="session")
def comparison(answer: Answer) -> Comparison:
    """Return three ciphers, one of them impossible."""

    def times(factor: float, of: Figure) -> Figure:
        return msgspec.structs.replace(
            of, value=of.value * factor, low=of.low * factor, high=of.high * factor
        )

    def dearer(factor: float) -> Answer:
        publisher, *others = answer.roles
        return msgspec.structs.replace(
            answer,
            cores=times(factor, answer.cores),
            delay_p99_ms=None
            if answer.delay_p99_ms is None
            else times(factor, answer.delay_p99_ms),
            roles=(
                msgspec.structs.replace(publisher, cores=times(factor, publisher.cores)),
                *others,
            ),
        )

    return Comparison(
        name=answer.name,
        title=answer.title,
        fields=("system.e2e_cipher",),
        cells=(
            Compared(settings={"system.e2e_cipher": "none"}, answer=dearer(0.9)),
            Compared(settings={"system.e2e_cipher": "aes-256-gcm"}, answer=answer),
            Compared(
                settings={"system.e2e_cipher": "aes-256-ctr-hmac-sha-512"},
                error="the profile has no cost 'sframe/seal/aes-256-ctr-hmac-sha-512'",
            ),
        ),
    )
