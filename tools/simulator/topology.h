// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/record/time.h"

namespace mimir::simulator {

enum class Protocol : std::uint8_t {
  kHttp,
  kGrpc,  ///< over HTTP/2 without TLS, RFC 9113
  kMysql,
  kMongo,
  kRedis,
  kAmqp,
  kTls,  ///< records of TLS 1.2 and 1.3 without their meaning, RFC 8446 §5
  kDns,
};

/// What the bulk of a message looks like.
enum class Content : std::uint8_t { kNone, kHtml, kJson, kJpeg };

/// How long a connection to a service lives.
enum class Reuse : std::uint8_t {
  kCall,     ///< as long as one call
  kRequest,  ///< as long as the request that its client is serving
  kPool,     ///< longer than either
};

/// Log-normal size of a message's body; a sigma of 0 is always the mean. A mean of 0
/// is no body.
struct SizeLaw {
  double mean_bytes = 0;
  double sigma = 0.5;  ///< of the logarithm
};

/// The members of a service tell each other of every write, as Galera's do: the one
/// that took it sends the rows to all, and all confirm to all.
struct Replication {
  std::uint16_t port = 0;  ///< 0: there is none
  SizeLaw write;
  SizeLaw confirmation;
};

/// A workload and the Service in front of it.
struct Service {
  std::string name;
  std::string namespace_name = "default";
  std::string kind = "Deployment";  ///< or StatefulSet, DaemonSet: how pods are named
  std::string image;
  std::vector<std::string> labels;  ///< "key=value"; without any, app=<name>
  Protocol protocol = Protocol::kHttp;
  std::uint16_t port = 80;   ///< of the VIP
  std::uint16_t target = 0;  ///< of the pods; 0 is as port
  bool is_headless = false;  ///< no VIP: the DNS gives the pods' addresses
  bool is_on_node = false;   ///< its pod has the address of a node
  std::uint32_t replicas = 1;
  std::uint32_t replicas_max = 0;  ///< above replicas: autoscaled up to it
  double users_per_replica = 10;   ///< what the autoscaler aims at
  std::uint16_t probe_port = 0;    ///< where the kubelet asks for health; 0 is nowhere
  TimeNs probe_period_ns = 3 * kNsPerSecond;
  std::uint16_t metrics_port = 0;  ///< where scrapers ask; 0: at that of the pods if it is HTTP's
  TimeNs outside_lookup_every_ns = 0;  ///< a pod's mean time between names of the world; 0: never
  Replication replication;

  [[nodiscard]] std::uint16_t pod_port() const { return target == 0 ? port : target; }
  [[nodiscard]] bool has_metrics() const {
    return metrics_port != 0 || protocol == Protocol::kHttp;
  }
  [[nodiscard]] std::uint16_t scraped_port() const {
    return metrics_port != 0 ? metrics_port : pod_port();
  }
  [[nodiscard]] bool is_autoscaled() const { return replicas_max > replicas; }
};

/// How pods of one service reach another.
struct Link {
  std::string client;
  std::string server;
  Reuse reuse = Reuse::kCall;
  TimeNs idle_close_ns = 0;  ///< a pooled connection unused that long is closed; 0: never
  bool looks_up = true;      ///< asks the DNS for the server's address
  TimeNs lookup_cache_ns = 0;
  TimeNs heartbeat_ns = 0;   ///< a keep-alive message that often on each connection; 0: none
  TimeNs keep_alive_ns = 0;  ///< TCP's own probe after that long in silence; 0: none
};

/// A call made while an operation is served.
struct Step {
  std::string operation;
  double probability = 1.0;
  std::uint32_t times = 1;
  bool is_parallel = false;  ///< starts together with the step before it
};

/// One request and its reply, and what the server does in between.
struct Operation {
  std::string name;
  std::string service;
  std::string
      method;        ///< HTTP method, gRPC service, SQL, Mongo collection, Redis command, AMQP key
  std::string path;  ///< HTTP and gRPC only; '#' stands for an identifier
  SizeLaw request;
  Content upload = Content::kJson;  ///< of an HTTP request's body
  SizeLaw reply;
  Content content = Content::kJson;  ///< of an HTTP reply's body
  TimeNs work_ns = 1'000'000;        ///< mean of the server's own time
  std::uint32_t piece_bytes = 0;     ///< the server writes the reply so much at a time; 0: at once
  bool is_write = false;             ///< goes to every member of a replicated service
  std::vector<Step> steps;
  std::string deliver_to;  ///< AMQP: the service whose pods consume the message
};

/// What a user asks for at once; waiting comes after the last.
struct Page {
  std::vector<Step> requests;  ///< each an operation of the front service, one after the other
};

struct Action {
  std::string name;
  double weight = 1;
  std::vector<Page> once;
  std::vector<Page> repeated;
  std::uint32_t repeats = 0;
};

/// A pod that comes by the clock, reads from one service, writes to another and goes.
struct Job {
  std::string name;
  std::string namespace_name = "default";
  TimeNs at_ns = 0;        ///< since midnight UTC
  TimeNs every_ns = 0;     ///< 0: once a day
  std::string from;        ///< empty: it reads nothing
  std::string to;          ///< empty: it writes nothing; "outside": over TLS to the internet
  std::uint32_t site = 0;  ///< which network outside it writes to
  SizeLaw size;            ///< of what it moves
  double rate_bytes_per_s = 5e6;
};

/// All pods of a service are replaced, one after the other.
struct Update {
  std::string service;
  TimeNs at_ns = 0;  ///< since midnight UTC, every day
};

/// All containers of a service die at once, and come back together.
struct Crash {
  std::string service;
  TimeNs at_ns = 0;  ///< since midnight UTC, every day
  TimeNs down_for_ns = 60 * kNsPerSecond;
};

/// The pods of a service ask every pod that has metrics for them.
struct Scraper {
  std::string service;
  TimeNs every_ns = 15 * kNsPerSecond;
};

/// An application as data: what runs, who calls whom, what users do, what the
/// cluster does by the clock.
struct Topology {
  std::string name;
  std::string front;  ///< the service users talk to
  std::string dns;
  std::uint32_t nodes = 3;
  TimeNs wait_low_ns = 2 * kNsPerSecond;
  TimeNs wait_high_ns = 4 * kNsPerSecond;
  std::vector<std::string> outside_names;  ///< of the world, that pods ask for now and then
  bool are_users_scripts = false;          ///< else people with browsers
  double loss = 0;                         ///< share of segments that are sent again
  std::vector<Service> services;
  std::vector<Link> links;
  std::vector<Operation> operations;
  std::vector<Action> actions;
  std::vector<Job> jobs;
  std::vector<Update> updates;
  std::vector<Crash> crashes;
  std::vector<Scraper> scrapers;

  [[nodiscard]] std::optional<std::uint32_t> find_service(std::string_view service) const;
  [[nodiscard]] std::optional<std::uint32_t> find_link(std::string_view client,
                                                       std::string_view server) const;
  [[nodiscard]] std::optional<std::uint32_t> find_operation(std::string_view operation) const;
  [[nodiscard]] std::optional<std::uint32_t> find_action(std::string_view action) const;
};

/// The end of a path that no service holds.
inline constexpr std::string_view kOutsideName = "outside";

}  // namespace mimir::simulator
