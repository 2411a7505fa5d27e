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

/// How a connection's packets pass the node.
struct Route {
  enum class Client : std::uint8_t { kPod, kNode, kOutside };
  Client client = Client::kPod;
  Endpoint virtual_server;  ///< address 0 when the client speaks to the pod itself
};

/// Sees packets, in any order within the near future, and writes them in the
/// order of time.
///
///   node-any      client to server              server to client
///   direct        twice                         twice
///   through VIP   to the VIP, then to the pod   from the pod, then from the VIP
///   node          gateway to pod, twice         pod to gateway, twice
///   outside       gateway to pod, twice         pod to gateway, pod to outside
///
/// Memory: what lies between release() and the latest packet seen.
/// Invariant: nothing outside [begin_ns, end_ns) is written.
class Tap {
 public:
  Tap(PcapWriter& writer, Observation observation, std::uint32_t gateway, TimeNs begin_ns,
      TimeNs end_ns);

  /// False if the packet lies behind the end of the run. REQUIRES: time_ns is not
  /// earlier than what release() was given.
  bool see(TimeNs time_ns, const Header& header, bool from_client, const Route& route,
           const Message& payload, std::size_t offset, std::size_t length);

  /// Writes what is older than `time_ns`; no earlier packet will come.
  void release(TimeNs time_ns);

  [[nodiscard]] std::uint64_t packets() const { return packets_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }  ///< of frames

 private:
  static constexpr TimeNs kBucketNs = 1'000'000;

  struct Entry {
    TimeNs time_ns;
    std::uint32_t offset;
    std::uint32_t size;
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

  PcapWriter& writer_;
  Observation observation_;
  std::uint32_t gateway_;
  TimeNs end_ns_;
  TimeNs front_ns_;  ///< where the first bucket begins
  std::deque<Bucket> buckets_;
  std::vector<Bucket> spare_;
  std::uint64_t packets_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace mimir::simulator
