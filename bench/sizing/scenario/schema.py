"""A scenario as it is written, with every default; units stand in the names.

Shares are of 1. Where a file is silent, what stands here is assumed, and the answer shows it.
"""

from typing import Annotated, Literal

import msgspec

SCHEMA = 1

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
AtLeastOne = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e15)]
NotNegative = Annotated[float, msgspec.Meta(ge=0, le=1e15)]

Topology = Literal["p2p", "sfu", "mcu", "hub"]
"""p2p: everybody sends to everybody; sfu: a relay forwards; mcu: a mixer decodes, composes and
encodes; hub: each of `systems` has a relay of its own, and one hub forwards between them."""

Scalability = Literal["single", "simulcast", "svc"]
ScanPoint = Literal[
    "none", "sender-before-encode", "sender-after-encode", "relay", "receiver", "protocol"
]
RekeyProtocol = Literal["none", "sender-keys", "mls"]
SendMethod = Literal["send", "sendmmsg", "gso"]
ReceiveMethod = Literal["recv", "recvmmsg", "gro"]
EngineName = Literal["auto", "libcrypto", "libsrtp", "cryptography"]


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: fields by name, none that is not known."""


class Demand(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many there are.

    Either `peak_participants`, or `daily_participants` of whom `concurrent_share` are there at the
    peak. `hours_per_year` at `average_share` of the peak is what egress is paid for. `growth` are
    the multiples of the peak that the cost curve shows, in more rooms of the same sizes.
    """

    peak_participants: AtLeastOne | None = None
    daily_participants: AtLeastOne | None = None
    concurrent_share: Share = 0.05
    hours_per_year: Annotated[float, msgspec.Meta(ge=0, le=8784)] = 2000.0
    average_share: Share = 0.5
    growth: tuple[Positive, ...] = (0.25, 0.5, 1.0, 2.0, 4.0)


class Room(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rooms of `size`, in which `share` of all participants sit."""

    size: AtLeastOne
    share: Share = 1.0


class Publish(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a room sends.

    `cameras` is the share of its participants that send video, at most `cameras_most`. `speakers`
    audio streams are forwarded at once; `languages` more are interpreters' channels.
    """

    cameras: Share = 1.0
    cameras_most: Count | None = None
    screens_per_room: NotNegative = 0.0
    speakers: Count = 2
    languages: Count = 0


class Tile(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`count` videos that a receiver sees in the layer of that name."""

    layer: str
    count: AtLeastOne


class Receive(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one participant gets.

    At most `last_n` videos, in the layers that `tiles` name in order (default: one in the top
    layer, the others in the lowest). `languages_heard` is the share of participants that listen to
    one of the interpreters' channels besides the floor.
    """

    last_n: Count = 9
    tiles: tuple[Tile, ...] = ()
    languages_heard: Share = 1.0


class Layer(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rung of the ladder; `height` is in lines of a 16:9 picture."""

    name: str
    height: Annotated[int, msgspec.Meta(ge=16, le=8192)]
    bitrate_bps: Annotated[int, msgspec.Meta(ge=1000, le=1_000_000_000)]
    fps: Annotated[float, msgspec.Meta(gt=0, le=240)] = 30.0


LADDER = (
    Layer(name="180p", height=180, bitrate_bps=150_000),
    Layer(name="360p", height=360, bitrate_bps=600_000),
    Layer(name="720p", height=720, bitrate_bps=1_800_000),
)


class Video(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cameras. `ladder` goes from the lowest layer to the highest; `single` sends only the last.

    A key frame comes every `keyframe_interval_s` and whenever somebody joins the room.
    """

    codec: str = "h264"
    scalability: Scalability = "simulcast"
    keyframe_interval_s: Positive = 10.0
    ladder: Annotated[tuple[Layer, ...], msgspec.Meta(min_length=1)] = LADDER


class Screen(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shared screen: one layer, which everybody in the room gets."""

    height: Annotated[int, msgspec.Meta(ge=16, le=8192)] = 994
    bitrate_bps: Annotated[int, msgspec.Meta(ge=1000, le=1_000_000_000)] = 1_500_000
    fps: Annotated[float, msgspec.Meta(gt=0, le=240)] = 15.0


class Audio(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Opus; a silent microphone sends nothing."""

    bitrate_bps: Annotated[int, msgspec.Meta(ge=1000, le=10_000_000)] = 32_000
    packet_ms: Annotated[float, msgspec.Meta(ge=2.5, le=120)] = 20.0


class System(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How it is built and protected.

    `hop_cipher` is an SRTP profile or "none", `e2e_cipher` an SFrame suite or "none". `engine`
    executes them: "auto" takes the profile's. `outer_tunnel` is an AEAD or "none": an encrypted
    tunnel around every packet between participant and site, ended by a gateway. `systems` counts
    those behind a hub. `fan_out_cores` is over how many cores of a server the copies of one packet
    are spread.
    """

    topology: Topology = "sfu"
    hop_cipher: str = "aes-128-gcm"
    e2e_cipher: str = "none"
    outer_tunnel: str = "none"
    engine: EngineName = "auto"
    systems: AtLeastOne = 1
    fan_out_cores: AtLeastOne = 1
    send_method: SendMethod = "sendmmsg"
    receive_method: ReceiveMethod = "recvmmsg"


class Rekey(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How keys follow who is there. Everybody joins and leaves once in `stay_minutes`."""

    protocol: RekeyProtocol = "none"
    stay_minutes: Positive = 45.0


class Scan(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Content scanning: each `every`-th frame of each camera stream, against `list_size` entries.

    `protocol` is a private look-up between participant and server.
    """

    point: ScanPoint = "none"
    scanner: str = "pdq"
    list_size: AtLeastOne = 100_000
    every: AtLeastOne = 1


class Recording(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many rooms are recorded as they are forwarded, and by whom.

    By the server, which then holds plaintext, or by one participant more, which has the keys.
    """

    share: Share = 0.0
    by: Literal["server", "participant"] = "server"


class Network(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What lies between.

    `mtu_bytes` is the RTP payload budget. With `retransmission` lost video packets are sent again.
    `feedback_per_s` RTCP packets go each way between a participant and its server.
    """

    mtu_bytes: Annotated[int, msgspec.Meta(ge=100, le=9000)] = 1200
    loss: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.0
    retransmission: bool = True
    feedback_per_s: NotNegative = 20.0
    feedback_bytes: Annotated[int, msgspec.Meta(ge=1, le=1500)] = 100


class Targets(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must hold.

    The relay adds at most `relay_delay_p99_ms` to 99 % of packets, no resource is used beyond
    `utilisation`, and `spare_servers` stand beside those that are needed.
    """

    relay_delay_p99_ms: Positive = 20.0
    utilisation: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.7
    spare_servers: Count = 1


class Host(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One server. `core_speed` is a core's speed over one of the calibrated machine."""

    name: str = "8 cores, 10 Gbit/s, 32 GiB"
    cores: AtLeastOne = 8
    core_speed: Positive = 1.0
    nic_bps: Positive = 10e9
    nic_pps: Positive = 5e6
    ram_bytes: Positive = 32 * 2**30
    ports: AtLeastOne = 60_000


class Prices(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In euros. `other_setup_eur` and `other_per_year_eur` are whatever is no server and no egress.

    Without a budget nothing is held against one.
    """

    server_setup_eur: NotNegative = 0.0
    server_per_year_eur: NotNegative = 3_600.0
    egress_per_gb_eur: NotNegative = 0.01
    other_setup_eur: NotNegative = 0.0
    other_per_year_eur: NotNegative = 0.0
    setup_budget_eur: Positive | None = None
    yearly_budget_eur: Positive | None = None


class Scenario(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scenario."""

    schema: int
    title: str
    summary: str
    demand: Demand
    rooms: Annotated[tuple[Room, ...], msgspec.Meta(min_length=1)]
    publish: Publish = Publish()
    receive: Receive = Receive()
    video: Video = Video()
    screen: Screen = Screen()
    audio: Audio = Audio()
    system: System = System()
    rekey: Rekey = Rekey()
    scan: Scan = Scan()
    recording: Recording = Recording()
    network: Network = Network()
    targets: Targets = Targets()
    host: Host = Host()
    prices: Prices = Prices()

    @property
    def peak_participants(self) -> float:
        """Participants at the peak, at once."""
        if self.demand.peak_participants is not None:
            return float(self.demand.peak_participants)
        return (self.demand.daily_participants or 0) * self.demand.concurrent_share
