// An evaluation for people and for programs: a table on stdout, JSON, and one self-contained HTML page with plots.
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "boost/json.hpp"
#include "tools/report/evaluation.h"

namespace tandem {

// "Search with 256 simulations is worth +412 Elo [+350, +480] over the network alone ...".
std::string EvaluationHeadline(const EvaluationReport& report);
std::string EvaluationText(const EvaluationReport& report);
boost::json::object EvaluationJson(const EvaluationReport& report);
std::string EvaluationHtml(const EvaluationReport& report);

// Writes RUN/evaluation/step-N.json and step-N.html atomically; returns the page's path.
absl::StatusOr<std::filesystem::path> WriteEvaluation(const EvaluationReport& report);

}  // namespace tandem
