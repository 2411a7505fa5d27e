// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"

namespace mimir::simulator {

enum class Protocol : std::uint8_t { kHttp, kMysql, kMongo, kRedis, kAmqp, kDns };

/// What the bulk of a message looks like.
enum class Content : std::uint8_t { kNone, kHtml, kJson, kJpeg };

/// Log-normal size of a message's body. A mean of 0 is no body.
struct SizeLaw {
  double mean_bytes = 0;
  double sigma = 0.5;  ///< of the logarithm
};

/// A Deployment and the Service in front of it.
struct Service {
  std::string name;
  std::string namespace_name;
  std::string label_key;     ///< the pods carry label_key=name
  std::uint16_t port = 0;    ///< of the VIP
  std::uint16_t target = 0;  ///< of the pods
  Protocol protocol = Protocol::kHttp;
  std::uint32_t replicas = 1;
  std::uint16_t probe_port = 0;       ///< where the kubelet asks for health; 0 is nowhere
  double outside_lookup_every_s = 0;  ///< a pod's mean time between names of the world; 0 is never
};

/// How pods of one service reach another.
struct Link {
  std::string client;
  std::string server;
  bool pooled = false;         ///< connections outlive the call
  double idle_close_s = 0;     ///< a pooled connection unused that long is closed; 0 is never
  double lookup_cache_s = -1;  ///< 0 asks the DNS before every connect; negative never asks
  double heartbeat_s = 0;      ///< a keep-alive message that often on each connection; 0 is none
};

/// A call made while an operation is served.
struct Step {
  std::string operation;
  double probability = 1.0;
  bool parallel = false;  ///< starts together with the step before it
};

/// One request and its reply, and what the server does in between.
struct Operation {
  std::string name;
  std::string service;
  std::string method;  ///< HTTP method, SQL, Mongo collection, Redis command, AMQP routing key
  std::string path;    ///< HTTP only; '#' stands for an identifier
  SizeLaw request;
  Content content = Content::kJson;  ///< of the reply
  SizeLaw reply;
  double work_ms = 1.0;  ///< mean of the server's own time, exponential
  std::vector<Step> steps;
  std::string deliver_to = {};  ///< AMQP: the service whose pods consume the message
};

/// What a user asks for at once; waiting comes after the last.
struct Page {
  std::vector<Step> requests;  ///< each an operation of the front service, one after the other
};

struct Action {
  std::string name;
  std::vector<Page> once;
  std::vector<Page> repeated;
  std::uint32_t repeats = 0;
};

/// An application as data: what runs, who calls whom, what users do.
struct Topology {
  std::string name;
  std::vector<Service> services;
  std::vector<Link> links;
  std::vector<Operation> operations;
  std::vector<Action> actions;
  std::string front;  ///< the service users talk to
  std::string dns;
  double wait_low_s = 2.0;
  double wait_high_s = 4.0;
  std::vector<std::string> outside_names;  ///< of the world, that pods ask for now and then

  [[nodiscard]] std::optional<std::uint32_t> find_service(std::string_view service) const;
  [[nodiscard]] std::optional<std::uint32_t> find_link(std::string_view client,
                                                       std::string_view server) const;
  [[nodiscard]] std::optional<std::uint32_t> find_operation(std::string_view operation) const;
};

/// Reports every name that is used but not defined, and every call without a link.
/// True if there is none.
[[nodiscard]] bool check(const Topology& topology, config::Diagnostics& diagnostics);

/// Weaveworks' Sock Shop: a web shop of 13 services around four databases and a queue.
[[nodiscard]] Topology sock_shop();

/// The topology of that name, or a diagnostic that lists those there are.
[[nodiscard]] std::optional<Topology> topology_named(std::string_view name,
                                                     config::Diagnostics& diagnostics);

/// The one of `known` with the fewest edits (Levenshtein) from `word`, if those are few
/// enough to be a slip; else empty.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace mimir::simulator
