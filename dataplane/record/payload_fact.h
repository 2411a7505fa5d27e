// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "dataplane/record/application.h"
#include "dataplane/record/flow_key.h"
#include "dataplane/record/time.h"

namespace mimir {

enum class FactKind : std::uint8_t {
  kDnsQuery,
  kDnsResponse,
  kTlsHello,     ///< of a client
  kHttpRequest,  ///< HTTP/1
  kRuleMatch,
};

/// What one packet's payload said that a detector needs and a flow's record cannot hold:
/// names, never contents.
///
/// Written once by a worker, copied through its ring, handed over with the window its
/// packet was in, gone with that window. Plain bytes: no pointer, no padding.
///
///   offset size field        DNS query     DNS response    TLS hello   HTTP request  rule match
///   ------ ---- ------------ ------------- --------------- ----------- ------------- -----------
///        0   40 key          see FlowKey
///       40    8 time_ns      of the packet
///       48    1 kind         see FactKind
///       49    1 direction    in which the packet went
///       50    1 application  what the flow was known to speak
///       51    1 flags        see FactFlag
///       52    6 value[3]     QTYPE         QTYPE           version     field count   rule
///                            -             answer bytes    ALPN count  -             matches
///                            -             RCODE           -           -             offset
///       58    2 text_bytes   name          name            SNI         Host          sample
///                            -             -               first ALPN  User-Agent    -
///       60    4 hash         exact name    exact name      client      field names   -
///       64  256 text         both texts, one behind the other; zero behind them
///   ------ ---- ------------
///      320
///
/// Text is what the wire held, in lower case where case has no meaning (names of hosts);
/// bytes that are not printable ASCII are `?`.
struct PayloadFact {
  static constexpr std::size_t kTextMax = 256;
  /// While a set of rules takes the place of another, facts of both are under way: one has
  /// the numbers below this, the other those from it on.
  static constexpr std::uint16_t kRuleSetSpan = 1U << 15;

  FlowKey key;
  TimeNs time_ns = 0;
  FactKind kind = FactKind::kDnsQuery;
  Direction direction = Direction::kLowToHigh;
  Application application = Application::kUnknown;
  std::uint8_t flags = 0;
  std::array<std::uint16_t, 3> value{};
  std::array<std::uint8_t, 2> text_bytes{};
  std::uint32_t hash = 0;
  std::array<char, kTextMax> text{};

  [[nodiscard]] std::string_view first_text() const noexcept {
    return {text.data(), text_bytes[0]};
  }
  [[nodiscard]] std::string_view second_text() const noexcept {
    return {text.data() + text_bytes[0], text_bytes[1]};
  }

  /// A total order that no number of workers shows in.
  friend bool operator<(const PayloadFact& a, const PayloadFact& b) noexcept {
    if (a.time_ns != b.time_ns) return a.time_ns < b.time_ns;
    return std::memcmp(&a, &b, sizeof a) < 0;
  }
};

/// Bits of PayloadFact::flags.
enum FactFlag : std::uint8_t {
  kTextCut = 0x01,       ///< a text was longer than there is room, or not all of it was captured
  kHasUserAgent = 0x02,  ///< of an HTTP request; it may be empty
};

static_assert(sizeof(PayloadFact) == 320);
static_assert(offsetof(PayloadFact, time_ns) == 40);
static_assert(offsetof(PayloadFact, value) == 52);
static_assert(offsetof(PayloadFact, hash) == 60);
static_assert(offsetof(PayloadFact, text) == 64);
static_assert(std::is_trivially_copyable_v<PayloadFact>);
static_assert(std::has_unique_object_representations_v<PayloadFact>, "PayloadFact has padding");

}  // namespace mimir
