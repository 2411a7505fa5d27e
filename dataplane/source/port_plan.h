// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mimir::source {

/// What the driver of a port says the port can do.
struct PortAbility {
  bool hashes_flows = false;       ///< by addresses and ports
  bool hashes_inside = false;      ///< by those of the innermost headers of a tunnel
  bool scatters = false;           ///< a frame over several buffers
  bool stamps = false;             ///< each packet with its own clock
  std::size_t mtu_max = 0;         ///< 0: not said
  std::size_t overhead_bytes = 0;  ///< of a frame beyond its MTU
};

/// How a port's packets are shared out among its queues.
///
/// Flows need not stay on one queue: every worker counts what it is given, and the
/// collector adds the records of one flow. So a tunnel whose NIC cannot look inside
/// loads one core more than others, but gives the same windows. Handing packets on by
/// the hash of the inner flow would mend little: receiving and dissecting come first and
/// stay where they are, four fifths of what a packet costs at a thousand flows and more
/// than half at a million, and what a ring costs on both sides eats most of the rest. And
/// most tunnels of clusters need none of it: VXLAN and Geneve choose their source port
/// by the inner flow (RFC 7348 §5, RFC 8926 §3.3), so that the outer hash spreads them.
///
/// Only what a worker knows of several packets needs them on one queue. Fragments, of
/// which the first alone has ports, are hashed by their addresses, so that a datagram's
/// stay together; one that strays, inside a tunnel, is counted as ip_fragment. The copies
/// that `duplicate_distance` looks for come in other tunnels, and may stray.
enum class Spread : std::uint8_t {
  kNone,      ///< there is one queue
  kByDriver,  ///< the port offers no hash: whatever it does
  kOuter,
  kInner,
};

/// How a port is set up, by what it can do.
struct PortPlan {
  Spread spread = Spread::kNone;
  std::size_t mtu = 0;  ///< 0: as it is
  bool scatters = false;
  bool stamps = false;
};

/// Longer frames than these are on no Ethernet, and fit into kSegmentMax buffers.
inline constexpr std::size_t kMtuMax = 9702;
inline constexpr std::size_t kSegmentMax = 5;

/// `buffer_bytes`: what one buffer holds of a frame.
[[nodiscard]] PortPlan plan_port(const PortAbility& ability, std::size_t queue_count,
                                 std::size_t buffer_bytes);

/// What an administrator should know of a plan: what the port cannot do, in sentences.
[[nodiscard]] std::vector<std::string> shortcomings(const PortPlan& plan,
                                                    const PortAbility& ability,
                                                    std::size_t queue_count);

inline constexpr std::size_t kRssKeyBytesMax = 64;

/// The key that makes Toeplitz give both directions of a flow one hash: 0x6d5a, again
/// and again (Woo and Park, "Scalable TCP Session Monitoring with Symmetric RSS", 2012).
/// Its 16 bits of entropy choose a queue well enough; the flow table has its own hash.
[[nodiscard]] std::array<std::uint8_t, kRssKeyBytesMax> symmetric_rss_key();

/// Whether a port's counter of that name counts packets that it did not hand over, by
/// the habits of DPDK's drivers ("rx_missed_errors", "rx_out_of_buffer",
/// "rx_q0_errors", "mac_rx_undersize_dropped"). Those that PortCounters has by its own
/// names are not among them.
[[nodiscard]] bool counts_loss(std::string_view name);

}  // namespace mimir::source
