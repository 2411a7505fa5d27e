// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/simulator/cluster.h"
#include "tools/simulator/connection.h"
#include "tools/simulator/payload.h"
#include "tools/simulator/random.h"
#include "tools/simulator/tap.h"
#include "tools/simulator/topology.h"

namespace mimir::simulator {

/// What pods say to each other: an operation becomes a tree of calls over
/// connections, with names looked up before.
///
/// An exchange is written to the tap as a whole, from its first packet to its last,
/// when it begins; its later packets lie in the future by as long as it takes. A
/// pooled connection is thus taken until its exchange ends, and a second exchange
/// within that time takes or opens another.
class Traffic {
 public:
  /// REQUIRES: check(topology).
  Traffic(const Topology& topology, Cluster& cluster, Tap& tap, Random& random);

  /// The exchange of `operation` on an open connection to `pod`. Returns when the
  /// client holds the reply.
  TimeNs serve(Connection& connection, std::uint32_t pod, std::uint32_t operation, TimeNs time_ns,
               bool from_outside);

  [[nodiscard]] Connection connect_from_outside(Endpoint user, std::uint32_t pod, TimeNs way_ns);

  /// The kubelet of the pod's node asks for its health.
  void probe(std::uint32_t pod, TimeNs time_ns);

  /// Opens one connection on every pooled link of a pod, as its start does.
  void open_pools(std::uint32_t pod, TimeNs time_ns);

  void heartbeat(std::uint32_t pod, std::uint32_t link, TimeNs time_ns);

  /// Closes the pooled connections that have been idle for too long.
  void close_idle(TimeNs time_ns);

  /// A pod asks for a name of the world; the DNS asks its own upstream.
  void look_up_outside(std::uint32_t pod, TimeNs time_ns);

  [[nodiscard]] std::uint64_t connections() const { return connections_; }

 private:
  struct CompiledStep {
    std::uint32_t operation;
    double probability;
    bool parallel;
  };
  struct Channel {
    Connection connection;
    std::uint32_t server_pod;
  };
  struct Pool {
    std::vector<std::unique_ptr<Channel>> channels;
    TimeNs name_known_until_ns = 0;
  };

  TimeNs call(std::uint32_t client_pod, std::uint32_t operation, TimeNs time_ns);
  TimeNs serve_steps(std::uint32_t pod, std::uint32_t operation, TimeNs time_ns);
  void deliver(const Operation& operation, TimeNs time_ns);
  /// An idle connection of the pool, or a new one; `time_ns` moves to when it can be used.
  Channel& acquire(std::uint32_t client_pod, std::uint32_t link, TimeNs& time_ns);
  [[nodiscard]] std::unique_ptr<Channel> connect(std::uint32_t client_pod, std::uint32_t link,
                                                 TimeNs& time_ns);
  TimeNs look_up(std::uint32_t pod, std::uint32_t service, TimeNs time_ns);
  /// A question to the DNS service and its reply, of which `answer` is sent.
  TimeNs ask(Endpoint client, std::uint32_t dns_pod, TimeNs time_ns, std::string_view question,
             std::string_view answer, TimeNs work_ns);
  void datagram(TimeNs time_ns, Endpoint source, Endpoint destination, bool from_client,
                const Route& route, std::string_view bytes);
  TimeNs ask_upstream(std::uint32_t dns_pod, TimeNs time_ns, std::string_view question,
                      std::string_view answer);
  [[nodiscard]] Delay delay_within(std::uint32_t first_node, std::uint32_t second_node);
  [[nodiscard]] std::uint32_t any_pod(std::uint32_t service);
  [[nodiscard]] Pool& pool(std::uint32_t pod, std::uint32_t link) {
    return pools_[pod * topology_.links.size() + link];
  }

  const Topology& topology_;
  Cluster& cluster_;
  Tap& tap_;
  Random& random_;
  Payloads payloads_;
  std::uint32_t dns_;
  std::vector<std::uint32_t> client_of_link_;
  std::vector<std::uint32_t> server_of_link_;
  std::vector<std::uint32_t> service_of_operation_;
  std::vector<std::vector<CompiledStep>> steps_;          ///< by operation
  std::vector<std::vector<std::uint32_t>> link_between_;  ///< by client and server service
  std::vector<Pool> pools_;
  std::vector<std::array<Greeting, 8>> greetings_;  ///< by link
  std::vector<TimeNs> outside_known_until_ns_;      ///< by outside name
  std::uint64_t connections_ = 0;
};

}  // namespace mimir::simulator
