#include "engine/match/pool.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/rng.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

constexpr std::size_t kMaxNotes = 20;

void Add(const MatchReport& turn, Pairing* pairing, Trinomial* games, PoolResult* result) {
  for (std::size_t i = 0; i < turn.pairs.size(); ++i) pairing->pairs[i] += turn.pairs[i];
  for (std::size_t i = 0; i < turn.games.size(); ++i) (*games)[i] += turn.games[i];
  result->forfeits += turn.forfeits_a + turn.forfeits_b;
  result->distinct_games += turn.distinct_games;
  for (const std::string& note : turn.notes) {
    if (result->notes.size() < kMaxNotes) result->notes.push_back(absl::StrCat(turn.a, " - ", turn.b, ": ", note));
  }
}

}  // namespace

absl::StatusOr<PoolResult> PlayPool(const Game& game, const std::vector<AgentSource>& players, const PoolSettings& settings,
                                    std::stop_token stop) {
  PoolResult result;
  for (const auto& [a, b] : settings.pairings) result.pairings.push_back({a, b, {}});
  result.games.resize(settings.pairings.size());
  const auto most = static_cast<std::int64_t>(settings.pairings.size()) * settings.pairs;
  std::int64_t played = 0;
  for (int done = 0; done < settings.pairs; done += settings.pairs_a_round) {
    for (std::size_t i = 0; i < settings.pairings.size(); ++i) {
      if (done > 0 && settings.may_go_on && !settings.may_go_on()) return result;
      MatchSettings match;
      match.first_pair = done;
      match.pairs = std::min(settings.pairs_a_round, settings.pairs - done);
      match.openings = settings.openings;
      match.seed = Rng::Stream(settings.seed, "pool", i)();
      match.threads = settings.threads;
      const auto [a, b] = settings.pairings[i];
      TANDEM_ASSIGN_OR_RETURN(const MatchReport turn, PlayMatch(game, players[static_cast<std::size_t>(a)],
                                                                players[static_cast<std::size_t>(b)], match, stop));
      if (stop.stop_requested()) return absl::CancelledError("the games of the pool were stopped");
      Add(turn, &result.pairings[i], &result.games[i], &result);
      played += turn.num_pairs();
      if (settings.progress) settings.progress(played, most);
    }
  }
  return result;
}

}  // namespace tandem
