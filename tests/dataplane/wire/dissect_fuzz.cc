// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "dataplane/wire/dissect.h"
#include "dataplane/wire/fragment.h"
#include "dataplane/wire/lasting_header.h"
#include "dataplane/wire/plain.h"
#include "tests/dataplane/wire/naive_dissect.h"
#include "tests/frame_corpus.h"
#include "tests/fuzz_target.h"

namespace mimir::test {

namespace {

// An input is a link type and options, two bytes of how much more the wire carried, and
// a frame.
constexpr std::size_t kPrefixBytes = 3;

/// The link is the lower three bits; 8: networks are told apart; 16: VXLAN is looked for
/// on other ports; 32: one tunnel is followed, not four.
wire::DissectOptions options_of(std::uint8_t bits) {
  wire::DissectOptions options;
  if ((bits & 8) != 0) options.network_mask = wire::DissectOptions::kNetworkBits;
  if ((bits & 16) != 0) options.ports = wire::TunnelPorts({8473, 6081, 53});
  if ((bits & 32) != 0) options.tunnel_depth_max = 1;
  return options;
}
NaiveOptions naive_options_of(std::uint8_t bits) {
  NaiveOptions options;
  options.has_network = bits / 8 % 2 == 1;
  if (bits / 16 % 2 == 1) options.vxlan_ports = {8473, 6081, 53};
  if (bits / 32 % 2 == 1) options.depth_max = 1;
  return options;
}

FuzzInput input_of(LinkType link, std::uint16_t missing_bytes, std::span<const std::byte> frame) {
  FuzzInput input(kPrefixBytes + frame.size());
  input[0] = static_cast<std::byte>(link);
  input[1] = static_cast<std::byte>(missing_bytes);
  input[2] = static_cast<std::byte>(missing_bytes >> 8);
  std::ranges::copy(frame, input.begin() + kPrefixBytes);
  return input;
}

// Fragments of one datagram find each other by what the naive reader reads there, too.
void check_fragment(const wire::PacketFacts& facts, const NaiveFacts& naive, Drop drop) {
  must((drop == Drop::kIpFragment) == (facts.fragment == wire::Fragment::kLater),
       "a later fragment is given as such");
  must((naive.fragment == 'f') == (facts.fragment == wire::Fragment::kFirst),
       "a first fragment is one");
  must((naive.fragment == 'l') == (facts.fragment == wire::Fragment::kLater), "so is a later one");
  if (facts.fragment == wire::Fragment::kNone) return;
  const wire::FragmentId id = wire::fragment_id(facts);
  must(id.source == naive.source, "a fragment has the source it has");
  must(id.destination == naive.destination, "and the destination");
  must(id.identification == naive.identification, "and the identification");
  must(id.network == naive.fragment_network, "and the network");
  must(facts.ip_bytes == naive.ip_bytes, "and the length");
  if (drop != Drop::kNone) return;
  // What a later fragment is given from the first one makes it one of the same flow.
  wire::PacketFacts later = facts;
  later.fragment = wire::Fragment::kLater;
  wire::set_fragment_flow(wire::fragment_ends(facts), later);
  const bool is_ipv4 = facts.family == wire::Family::kIpv4;
  must((is_ipv4 ? widen(later.key_v4) : later.key_v6) == naive.key,
       "it is of the first one's flow");
  must(later.direction == naive.direction, "in its direction");
}

}  // namespace

std::vector<FuzzInput> fuzz_seeds() {
  std::vector<FuzzInput> seeds;
  for (const auto& [name, frame] : good_frames()) {
    seeds.push_back(input_of(frame.link(), 0, frame.bytes()));
    for (const int bits : {8, 16, 32}) {
      seeds.push_back(seeds.back());
      seeds.back()[0] = static_cast<std::byte>(static_cast<int>(frame.link()) | bits);
    }
    const std::size_t half = std::min<std::size_t>(frame.bytes().size(), 60);
    seeds.push_back(input_of(frame.link(), static_cast<std::uint16_t>(frame.bytes().size() - half),
                             frame.bytes().first(half)));
    // The same datagram behind the link headers that frame.h does not make.
    const std::span<const std::byte> datagram = frame.bytes().subspan(frame.ip_at());
    const bool is_ipv6 = !datagram.empty() && (datagram[0] & std::byte{0xf0}) == std::byte{0x60};
    const auto family = static_cast<std::byte>(is_ipv6 ? 10 : 2);
    const auto add = [&seeds, datagram](LinkType link, std::vector<std::byte> header) {
      header.insert(header.end(), datagram.begin(), datagram.end());
      seeds.push_back(input_of(link, 0, header));
    };
    add(LinkType::kLoopback, {family, {}, {}, {}});
    add(LinkType::kLoopback, {{}, {}, {}, family});
    // A field of another type, padded, before the packet; then the same of the other order.
    const std::byte nine{9};
    const std::byte five{5};
    add(LinkType::kNetfilterLog, {family, {}, {}, {}, five, {}, nine, {}, {}, {}, {}, {}});
    add(LinkType::kNetfilterLog,
        {family, {}, {}, {}, five, {}, five, {}, {}, {}, {}, {}, {}, five, {}, nine});
  }
  return seeds;
}

// Every packet of a little-endian classic pcap file; the link type is guessed,
// for what is not Ethernet is garbage worth trying too.
std::vector<FuzzInput> fuzz_inputs_of(std::span<const std::byte> file) {
  std::vector<FuzzInput> inputs;
  const auto field = [file](std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, file.data() + at, sizeof value);
    return value;
  };
  if (file.size() < 24 || (field(0) != 0xa1b2c3d4 && field(0) != 0xa1b23c4d)) return inputs;
  const std::uint32_t number = field(20);
  const LinkType link = number == 113   ? LinkType::kLinuxCookedV1
                        : number == 276 ? LinkType::kLinuxCookedV2
                        : number == 101 ? LinkType::kRawIp
                                        : LinkType::kEthernet;
  for (std::size_t at = 24; at + 16 <= file.size();) {
    const std::uint32_t captured = field(at + 8);
    const std::uint32_t wire = field(at + 12);
    if (captured > file.size() - at - 16) break;
    const std::uint32_t missing = wire > captured ? std::min(wire - captured, 0xffffU) : 0;
    inputs.push_back(
        input_of(link, static_cast<std::uint16_t>(missing), file.subspan(at + 16, captured)));
    at += 16 + captured;
  }
  return inputs;
}

}  // namespace mimir::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mimir;
  using test::must;
  if (size < test::kPrefixBytes) return 0;
  const auto link = static_cast<LinkType>(data[0] % 8 % 6);
  const std::size_t missing_bytes = data[1] | std::size_t{data[2]} << 8;
  const std::span<const std::byte> frame = std::as_bytes(std::span(data, size)).subspan(3);
  const std::size_t wire_bytes = frame.size() + missing_bytes;
  wire::PacketFacts facts;
  test::NaiveFacts naive;
  const wire::DissectOptions options = test::options_of(data[0]);
  const Drop drop =
      wire::dissect(link, frame, static_cast<std::uint32_t>(wire_bytes), options, facts);
  const Drop expected =
      test::NaiveDissector(link, frame, wire_bytes, test::naive_options_of(data[0])).run(naive);
  must(static_cast<std::size_t>(drop) < static_cast<std::size_t>(Drop::kTooLate),
       "a frame earns only reasons that wire/ gives");
  must(drop == expected, "the naive reader gives the same reason");
  wire::PacketFacts plain;
  const bool is_plain =
      link == LinkType::kEthernet &&
      wire::dissect_plain(frame, static_cast<std::uint32_t>(wire_bytes), options, plain);
  must(!is_plain || drop == Drop::kNone, "what is plain is sound");
  if (drop == Drop::kNone || drop == Drop::kIpFragment) test::check_fragment(facts, naive, drop);
  if (drop != Drop::kNone) return 0;
  if (is_plain) {
    must(plain.fragment == facts.fragment, "what is plain is whole");
    must(plain.family == facts.family, "a plain packet has the family it has");
    must(plain.key_v4 == facts.key_v4 || facts.family != wire::Family::kIpv4, "the same IPv4 flow");
    must(plain.key_v6 == facts.key_v6 || facts.family != wire::Family::kIpv6, "the same IPv6 flow");
    must(plain.direction == facts.direction && plain.tcp_flags == facts.tcp_flags &&
             plain.ip_bytes == facts.ip_bytes,
         "the same direction, flags and length");
    must(plain.payload.size() == facts.payload.size() &&
             (plain.payload.empty() || plain.payload.data() == facts.payload.data()),
         "and the same payload");
    must(plain.datagram.size() == facts.datagram.size() &&
             plain.datagram.data() == facts.datagram.data(),
         "and the same datagram around it");
  }

  const FlowKey key =
      facts.family == wire::Family::kIpv4 ? widen(facts.key_v4) : widen(facts.key_v6);
  must(key == naive.key, "the naive reader finds the same flow");
  must(facts.direction == naive.direction, "and the same direction");
  must(facts.tcp_flags == naive.tcp_flags, "and the same flags");
  must(facts.ip_bytes == naive.ip_bytes, "and the same length");
  must(facts.payload.size() == naive.payload_bytes, "and the same payload");
  must(std::pair(key.low_address, key.low_port) <= std::pair(key.high_address, key.high_port),
       "the key is in its canonical order");
  must(key.protocol != 0, "protocol 0 marks a free slot");
  // The first fragment of a tunnel's datagram holds the front of a longer one inside.
  must(facts.ip_bytes <= std::max<std::size_t>(wire_bytes, 65535),
       "a datagram is no longer than its frame on the wire, or than a whole datagram around it");
  must(facts.ip_bytes >= 20, "a datagram has a header");
  must(facts.datagram.size() <= facts.ip_bytes, "a datagram ends where its header says");
  must(facts.datagram.data() >= frame.data() &&
           facts.datagram.data() + facts.datagram.size() <= frame.data() + frame.size(),
       "and lies in the frame");
  const auto lasting = wire::lasting_header(facts).bytes;
  for (std::size_t at = 12; at < lasting.size(); ++at) {
    must(lasting[at] == (at < facts.datagram.size() ? facts.datagram[at] : std::byte{}),
         "what lasts of a datagram is its front, and zeros behind it");
  }
  if (facts.payload.empty()) return 0;
  must(facts.payload.data() >= frame.data(), "the payload begins inside the frame");
  must(facts.payload.data() + facts.payload.size() <= frame.data() + frame.size(),
       "the payload ends inside the frame");
  return 0;
}
