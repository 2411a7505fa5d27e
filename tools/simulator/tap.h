// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "dataplane/record/time.h"
#include "tools/simulator/frame.h"
#include "tools/simulator/pcap_writer.h"

namespace mimir::simulator {

/// Where the capture is taken.
enum class Observation : std::uint8_t {
  kMirror,   ///< behind the address translation: pod to pod, every packet once
  kNodeAny,  ///< tcpdump -i any on the node: every packet twice, see Tap
};

/// How packets between two nodes travel.
enum class Encapsulation : std::uint8_t { kNone, kVxlan };

/// How a connection's packets pass the node.
struct Route {
  enum class Client : std::uint8_t { kPod, kNode, kOutside };
  Client client = Client::kPod;
  Endpoint virtual_server;         ///< address 0 when the client speaks to the pod itself
  bool is_server_on_node = false;  ///< the server has the node's own address
  bool is_to_outside = false;      ///< a pod's own connection to the internet
};

/// Where a capture is taken, and what is between the nodes.
struct View {
  Observation observation = Observation::kMirror;
  Encapsulation encapsulation = Encapsulation::kNone;
  std::uint32_t gateway = 0;  ///< of node-any: from where the node speaks to its pods
  std::uint32_t node = 0;     ///< of node-any: its own address
  /// Of VXLAN: by address of the pods' networks (/24) less that of the first, each
  /// node's own address.
  std::uint32_t pod_network = 0;
  std::vector<std::uint32_t> nodes{};
  std::uint32_t snap_bytes = 0;  ///< so much of each frame is kept; 0: all
};

/// Sees packets, in any order within the near future, and writes them in the
/// order of time.
///
///   node-any      client to server                 server to client
///   direct        twice                            twice
///   through VIP   to the VIP, then to the pod      from the pod, then from the VIP
///   VIP of node   to the VIP, then to the node     from the VIP, twice
///   node          gateway to pod, twice            pod to gateway, twice
///   outside       to the node, gateway to pod,     pod to gateway, pod to outside,
///                 twice                            node to outside
///   to outside    pod to outside, node to outside  outside to node, outside to pod
///
/// With VXLAN (RFC 7348), a packet between pods of two nodes is inside a packet
/// between these nodes.
///
/// Memory: what lies between release() and the latest packet seen.
/// Invariant: nothing outside [begin_ns, end_ns) is written.
class Tap {
 public:
  Tap(PcapWriter& writer, View view, TimeNs begin_ns, TimeNs end_ns);

  /// How many full segments may travel as one packet here: on a node, those that the
  /// kernel has not yet cut or has merged again (TSO, GRO).
  [[nodiscard]] std::uint32_t offload_segments() const {
    return view_.observation == Observation::kNodeAny ? kOffloadSegments : 1;
  }

  /// False if the packet lies behind the end of the run. REQUIRES: time_ns is not
  /// earlier than what release() was given.
  bool see(TimeNs time_ns, const Header& header, bool from_client, const Route& route,
           const Message& payload, std::size_t offset, std::size_t length);

  /// Writes what is older than `time_ns`; no earlier packet will come.
  void release(TimeNs time_ns);

  void count_retransmission() { ++retransmissions_; }

  [[nodiscard]] std::uint64_t packets() const { return packets_; }
  [[nodiscard]] std::uint64_t retransmissions() const { return retransmissions_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }  ///< of frames

 private:
  static constexpr TimeNs kBucketNs = 1'000'000;
  static constexpr std::uint32_t kOffloadSegments = 44;  // 64 KB, the most of an IPv4 packet

  struct Entry {
    TimeNs time_ns;
    std::uint32_t offset;
    std::uint32_t size;         ///< of the record, as far as it is kept
    std::uint32_t frame_bytes;  ///< on the wire
  };
  struct Bucket {
    std::vector<Entry> entries;
    std::vector<std::uint8_t> bytes;
    std::size_t used = 0;
  };

  void keep(TimeNs time_ns, const Header& header, const Message& payload, std::size_t offset,
            std::size_t length);
  void see_on_node(TimeNs time_ns, const Header& header, bool from_client, const Route& route,
                   const Message& payload, std::size_t offset, std::size_t length);
  void write(Bucket& bucket);

  /// The node that holds the address of a pod, or 0.
  [[nodiscard]] std::uint32_t node_of(std::uint32_t address) const;

  PcapWriter& writer_;
  View view_;
  TimeNs end_ns_;
  TimeNs front_ns_;  ///< where the first bucket begins
  std::deque<Bucket> buckets_;
  std::vector<Bucket> spare_;
  std::uint64_t packets_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t retransmissions_ = 0;
};

}  // namespace mimir::simulator
