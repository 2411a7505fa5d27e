// SPDX-License-Identifier: Apache-2.0
#include "tools/injector/policy.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace mimir::injector {
namespace {

constexpr std::string_view kEverything = "all";
constexpr std::string_view kSeparator = "----------";
constexpr std::string_view kSpace = " \t\r";

struct Word {
  std::string_view text;
  std::uint32_t column = 0;  // from 1
};

std::vector<Word> words_of(std::string_view line) {
  std::vector<Word> words;
  std::size_t at = line.find_first_not_of(kSpace);
  while (at != std::string_view::npos) {
    const std::size_t end = std::min(line.find_first_of(kSpace, at), line.size());
    words.push_back({line.substr(at, end - at), static_cast<std::uint32_t>(at + 1)});
    at = line.find_first_not_of(kSpace, end);
  }
  return words;
}

bool is_service_name(std::string_view name) {
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-./") ==
         std::string_view::npos;
}

class Parser {
 public:
  Parser(std::string_view file, config::Diagnostics& diagnostics)
      : file_(file), diagnostics_(diagnostics) {}

  std::optional<Policy> parse(std::string_view text) {
    const std::size_t errors_before = diagnostics_.error_count();
    bool connections = false;
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      line_ = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      ++line_number_;
      if (line_.starts_with('#')) continue;
      const std::vector<Word> words = words_of(line_);
      if (words.empty()) continue;
      if (line_.find(kSeparator) != std::string_view::npos) {
        connections = true;
      } else if (connections) {
        read_connection(words);
      } else {
        read_permission(words);
      }
    }
    if (diagnostics_.error_count() > errors_before) return std::nullopt;
    expand_everything();
    return std::move(policy_);
  }

 private:
  void error(std::uint32_t column, std::string message, std::string hint) {
    diagnostics_.add({.severity = config::Severity::kError,
                      .place = {.file = file_, .line = line_number_, .column = column},
                      .message = std::move(message),
                      .source_line = std::string(line_),
                      .hint = std::move(hint)});
  }

  // What follows the words of a line can only be a comment.
  bool ends_after(const std::vector<Word>& words, std::size_t count) {
    if (words.size() == count || words[count].text.starts_with('#')) return true;
    error(words[count].column, fmt::format("unexpected `{}`", words[count].text),
          "begin a comment with #");
    return false;
  }

  bool is_name(const Word& word) {
    if (is_service_name(word.text)) return true;
    error(word.column, fmt::format("`{}` is no service name", word.text),
          "service names are of lower-case letters, digits, hyphens");
    return false;
  }

  void read_permission(const std::vector<Word>& words) {
    if (words.size() < 3 || words[1].text != "ALLOWED") {
      const Word& wrong = words[words.size() > 1 ? 1 : 0];
      error(wrong.column, "expected `SOURCE ALLOWED DESTINATION`",
            "connections by VIP come after a line of ten hyphens");
      return;
    }
    if (!is_name(words[0]) || !is_name(words[2]) || !ends_after(words, 3)) return;
    const std::string source(words[0].text);
    policy_.allowed.try_emplace(source);
    if (words[2].text == kEverything) {
      unrestricted_.insert(source);
      return;
    }
    policy_.allowed[source].emplace(words[2].text);
    policy_.allowed.try_emplace(std::string(words[2].text));
  }

  // "user_db_vip" with the suffix "_vip" is user-db.
  std::optional<std::string> named(const Word& word, std::string_view suffix) {
    std::string name(word.text);
    if (!name.ends_with(suffix) || name.size() == suffix.size()) {
      error(word.column, fmt::format("`{}` does not end in `{}`", name, suffix),
            "write client_pod service_vip, hyphens as underscores");
      return std::nullopt;
    }
    name.resize(name.size() - suffix.size());
    std::replace(name.begin(), name.end(), '_', '-');
    return name;
  }

  void read_connection(const std::vector<Word>& words) {
    if (words.size() < 2) {
      error(words[0].column, "expected `client_pod service_vip`",
            "or `ALL service_vip` for the pods of every service");
      return;
    }
    const auto client =
        words[0].text == "ALL" ? std::optional<std::string>("") : named(words[0], "_pod");
    const auto service = named(words[1], "_vip");
    if (!client || !service || !ends_after(words, 2)) return;
    policy_.client_vips.insert({.client = *client, .service = *service});
  }

  void expand_everything() {
    for (const std::string& source : unrestricted_) {
      for (auto& [name, destinations] : policy_.allowed) {
        if (name == source) continue;
        policy_.allowed[source].insert(name);
        if (name != kInternetName) destinations.insert(source);
      }
    }
  }

  std::string file_;
  config::Diagnostics& diagnostics_;
  std::string_view line_;
  std::uint32_t line_number_ = 0;
  Policy policy_;
  std::set<std::string> unrestricted_;
};

}  // namespace

std::optional<Policy> parse_policy(std::string_view text, std::string_view file,
                                   config::Diagnostics& diagnostics) {
  return Parser(file, diagnostics).parse(text);
}

std::string to_text(const Policy& policy) {
  std::string text;
  for (const auto& [source, destinations] : policy.allowed) {
    for (const std::string& destination : destinations) {
      text += fmt::format("{} ALLOWED {}\n", source, destination);
    }
  }
  text += fmt::format("{}\n", kSeparator);
  const auto underscored = [](std::string name) {
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
  };
  for (const ClientVip& pair : policy.client_vips) {
    text +=
        fmt::format("{} {}_vip\n", pair.client.empty() ? "ALL" : underscored(pair.client) + "_pod",
                    underscored(pair.service));
  }
  return text;
}

Policy learn_policy(const graph::EdgeTable& benign, const graph::Cluster& cluster) {
  Policy policy;
  policy.allowed.try_emplace(std::string(kInternetName));
  for (const graph::Edge& edge : benign.edges()) {
    const graph::ClassId source = cluster.class_of(edge.source);
    const graph::ClassId target = cluster.class_of(edge.target);
    if (source == target || edge.counts.packets == 0 || !cluster.is_application(source)) continue;
    const std::string& from = cluster.class_name(source);
    if (target == cluster.outside_class()) {
      policy.allowed[from].emplace(kInternetName);
    } else if (cluster.is_application(target)) {
      const std::string& to = cluster.class_name(target);
      policy.allowed[from].insert(to);
      policy.allowed.try_emplace(to);
      if (cluster.kind(edge.target) == graph::NodeKind::kVip) {
        policy.client_vips.insert({.client = from, .service = to});
      }
    }
  }
  return policy;
}

Policy unrestricted_policy(const graph::Cluster& cluster) {
  Policy policy;
  policy.allowed.try_emplace(std::string(kInternetName));
  for (graph::ClassId source = 0; source < cluster.class_count(); ++source) {
    if (!cluster.is_application(source)) continue;
    auto& destinations = policy.allowed[cluster.class_name(source)];
    destinations.emplace(kInternetName);
    for (graph::ClassId target = 0; target < cluster.class_count(); ++target) {
      if (target != source && cluster.is_application(target)) {
        destinations.insert(cluster.class_name(target));
      }
    }
    if (cluster.is_dns(source)) {
      policy.client_vips.insert({.client = "", .service = cluster.class_name(source)});
    }
  }
  return policy;
}

}  // namespace mimir::injector
