// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/attack_spec.h"

#include <algorithm>
#include <utility>

#include "tools/simulator/spec_text.h"
#include "tools/simulator/topology_file.h"

namespace mimir::simulator {
namespace {

using Kind = AttackSpec::Kind;
using Method = AttackSpec::Method;
using Pace = AttackSpec::Pace;

struct Sizes {
  std::uint32_t min;
  std::uint32_t max;
};

/// Bytes of stolen data in one packet, or block, where the attack does not say.
Sizes usual_sizes(Method method, Pace pace) {
  if (method == Method::kDns) return pace == Pace::kDrip ? Sizes{8, 24} : Sizes{60, 100};
  switch (pace) {
    case Pace::kRandom:
      return {300, 400};
    case Pace::kBulk:
      return method == Method::kUdp || method == Method::kIcmp ? Sizes{1400, 1400}
                                                               : Sizes{65536, 65536};
    case Pace::kDrip:
      return {16, 48};
  }
  return {300, 400};
}

/// The most that one packet of the method can carry.
std::uint32_t largest(Method method) {
  if (method == Method::kDns) return 110;
  return method == Method::kUdp || method == Method::kIcmp ? 1400 : 65536;
}

/// Reads one specification; every method that fails has said why.
class Parser {
 public:
  Parser(std::string_view text, std::uint32_t number, const Topology& topology,
         config::Diagnostics& diagnostics)
      : text_(text),
        topology_(topology),
        diagnostics_(diagnostics),
        spec_text_(text, "--attack", number, "an attack", diagnostics) {
    for (const Service& service : topology.services) services_.push_back(service.name);
  }

  std::optional<AttackSpec> parse() {
    const std::size_t before = diagnostics_.error_count();
    spec_.text = text_;
    const std::size_t colon = text_.find(':');
    const std::string_view kind = text_.substr(0, colon);
    const std::string_view settings =
        colon == std::string_view::npos ? text_.substr(text_.size()) : text_.substr(colon + 1);
    if (kind == "exfil") {
      parse_exfil(settings);
    } else if (kind == "scan") {
      parse_scan(settings);
    } else if (kind == "lateral") {
      parse_lateral(settings);
    } else {
      spec_text_.error(kind, "no attack is called " + in_quotes(kind),
                       "give exfil:path=..., scan:from=... or lateral:path=...");
    }
    if (diagnostics_.error_count() != before) return std::nullopt;
    return std::move(spec_);
  }

 private:
  void split(std::string_view settings, const std::vector<std::string>& known) {
    if (!settings.empty()) spec_text_.split(settings, known);
  }

  void parse_exfil(std::string_view settings) {
    split(settings, {"path", "rate", "start", "duration", "method", "pace", "packet", "pods"});
    parse_method();
    if (const auto path = spec_text_.need("path", "path=user-db>user>outside")) {
      parse_path(*path, true);
    }
    parse_rate();
    parse_when();
    if (const auto pods = spec_text_.find("pods")) {
      if (const auto count = spec_text_.number(*pods, 1, 32)) {
        spec_.pods = static_cast<std::uint32_t>(*count);
      }
    }
    const Sizes sizes = usual_sizes(spec_.method, spec_.pace);
    spec_.packet_bytes_min = sizes.min;
    spec_.packet_bytes_max = sizes.max;
    if (const auto packet = spec_text_.find("packet")) {
      if (const auto range = spec_text_.range(*packet, 1, largest(spec_.method))) {
        spec_.packet_bytes_min = range->first;
        spec_.packet_bytes_max = range->second;
      }
    }
  }

  void parse_method() {
    static const std::vector<std::string> kMethods{"tcp", "http", "https", "udp", "icmp", "dns"};
    static const std::vector<std::string> kPaces{"random", "bulk", "drip"};
    const auto index = [this](std::string_view key, const std::vector<std::string>& words) {
      const auto value = spec_text_.find(key);
      const auto word = value ? spec_text_.word(*value, words) : std::nullopt;
      return word ? std::find(words.begin(), words.end(), *word) - words.begin() : 0;
    };
    spec_.method = static_cast<Method>(index("method", kMethods));
    spec_.pace = static_cast<Pace>(index("pace", kPaces));
  }

  void parse_scan(std::string_view settings) {
    spec_.kind = Kind::kScan;
    split(settings, {"from", "to", "rate", "port", "start", "duration"});
    if (const auto from = spec_text_.need("from", "from=user")) parse_service(*from);
    if (const auto to = spec_text_.find("to")) parse_service(*to);
    if (const auto rate = spec_text_.need("rate", "rate=10")) {
      if (const auto number = spec_text_.number(*rate, 0.001, 100'000)) {
        spec_.probes_per_s = *number;
      }
    }
    if (const auto port = spec_text_.find("port")) {
      if (const auto number = spec_text_.number(*port, 1, 65535)) {
        spec_.port = static_cast<std::uint16_t>(*number);
      }
    }
    parse_when();
  }

  void parse_lateral(std::string_view settings) {
    spec_.kind = Kind::kLateral;
    spec_.packet_bytes_min = 40;
    spec_.packet_bytes_max = 160;
    split(settings, {"path", "rate", "start", "duration"});
    if (const auto path = spec_text_.need("path", "path=front-end>user>user-db")) {
      parse_path(*path, false);
    }
    parse_rate();
    parse_when();
  }

  void parse_rate() {
    if (const auto rate = spec_text_.need("rate", "rate=1MB/min")) {
      if (const auto parsed = spec_text_.byte_rate(*rate)) spec_.bytes_per_minute = *parsed;
    }
  }

  void parse_when() {
    if (const auto start = spec_text_.need("start", "start=600")) {
      if (const auto parsed = spec_text_.time(*start)) spec_.start_ns = *parsed;
    }
    const auto duration = spec_text_.need("duration", "duration=120");
    const auto parsed = duration ? spec_text_.time(*duration) : std::nullopt;
    if (!parsed) return;
    spec_.duration_ns = *parsed;
    if (*parsed == 0) {
      spec_text_.error(*duration, "an attack of no duration", "give a number of seconds above 0");
    }
  }

  void parse_service(std::string_view name) {
    if (const auto service = topology_.find_service(name)) {
      if (topology_.services[*service].is_on_node) {
        spec_text_.error(name, in_quotes(name) + " has no pod of its own",
                         "name a service whose pods have addresses");
      }
      spec_.path.emplace_back(name);
      return;
    }
    const std::string meant = nearest(name, services_);
    spec_text_.error(name, "no service is called " + in_quotes(name),
                     meant.empty() ? "name a service of " + topology_.name
                                   : "did you mean " + in_quotes(meant) + "?");
  }

  void parse_path(std::string_view value, bool ends_outside) {
    std::size_t hops = 0;
    std::string_view before;
    for (std::string_view rest = value;; ++hops) {
      const std::size_t arrow = rest.find('>');
      const std::string_view hop = rest.substr(0, arrow);
      const bool is_last = arrow == std::string_view::npos;
      if (is_last && ends_outside && hop != kOutsideName) {
        spec_text_.error(hop, "the path ends in " + in_quotes(hop) + ", not in outside",
                         "data that stays is no exfiltration: end the path with >outside");
      } else if (hops > 0 && before == hop) {
        spec_text_.error(hop, in_quotes(hop) + " follows itself", "name each hop once");
      } else if (is_last && ends_outside) {
        spec_.path.emplace_back(hop);
      } else {
        parse_service(hop);
      }
      before = hop;
      if (is_last) break;
      rest.remove_prefix(arrow + 1);
    }
    if (hops == 0) {
      spec_text_.error(
          value, "the path has no service to leave from",
          ends_outside ? "write path=user-db>user>outside" : "write path=user>user-db");
    }
    const bool is_over_dns =
        spec_.path.size() >= 3 && spec_.path[spec_.path.size() - 2] == topology_.dns;
    if (spec_.method == Method::kDns && !is_over_dns) {
      spec_text_.error(value, "names leave through the DNS, which is not on the path",
                       "end the path with >" + topology_.dns + ">outside");
    }
  }

  std::string_view text_;
  const Topology& topology_;
  config::Diagnostics& diagnostics_;
  SpecText spec_text_;
  AttackSpec spec_;
  std::vector<std::string> services_;
};

}  // namespace

std::string_view name(AttackSpec::Kind kind) {
  switch (kind) {
    case Kind::kExfil:
      return "exfil";
    case Kind::kScan:
      return "scan";
    case Kind::kLateral:
      return "lateral";
  }
  return "";
}

std::string_view name(AttackSpec::Method method) {
  switch (method) {
    case Method::kTcp:
      return "tcp";
    case Method::kHttp:
      return "http";
    case Method::kHttps:
      return "https";
    case Method::kUdp:
      return "udp";
    case Method::kIcmp:
      return "icmp";
    case Method::kDns:
      return "dns";
  }
  return "";
}

std::optional<AttackSpec> parse_attack(std::string_view text, std::uint32_t number,
                                       const Topology& topology, config::Diagnostics& diagnostics) {
  return Parser(text, number, topology, diagnostics).parse();
}

}  // namespace mimir::simulator
