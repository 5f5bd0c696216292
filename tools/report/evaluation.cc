#include "tools/report/evaluation.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/agent/agent.h"
#include "engine/base/rng.h"
#include "engine/base/status.h"
#include "engine/base/thread.h"
#include "engine/game/registry.h"
#include "engine/net/network.h"
#include "engine/net/run_directory.h"

namespace tandem {
namespace {

constexpr const char* kAnchorSpec = "uct:sims=1000";
constexpr double kAveragedGames = 20;  // random games to learn how long a game usually is

using Say = std::function<void(const std::string&)>;

AgentSource SourceOf(const Game& game, const std::string& spec) {
  return [&game, spec] { return MakeAgent(game, spec); };
}

// A path as an agent spec's value.
std::string RunSpec(const std::string& name, const std::filesystem::path& run, const CheckpointInfo& checkpoint, std::int64_t simulations) {
  AgentSpec spec{.name = name, .options = {{"run", run.string()}, {"checkpoint", absl::StrCat(checkpoint.step)}}};
  if (simulations > 0) spec.options["sims"] = absl::StrCat(simulations);
  return spec.Canonical();
}

EvaluatedPlayer MakePlayer(std::string name, std::string spec, PlayerRole role, std::int64_t simulations, const CheckpointInfo& checkpoint,
                           bool newest) {
  EvaluatedPlayer player;
  player.name = std::move(name);
  player.spec = std::move(spec);
  player.role = role;
  player.simulations = simulations;
  player.newest = newest;
  player.step = checkpoint.step;
  player.minutes = checkpoint.seconds / 60;
  return player;
}

// The last of equal steps counts (a resumed run may have written a step twice); `count` of them evenly spaced over the training time.
std::vector<CheckpointInfo> ChooseCheckpoints(const std::vector<CheckpointInfo>& all, int count) {
  std::map<std::int64_t, CheckpointInfo> by_step;
  for (const CheckpointInfo& info : all) by_step[info.step] = info;
  std::vector<CheckpointInfo> sorted;
  for (const auto& [step, info] : by_step) sorted.push_back(info);
  if (count < 2 || sorted.size() < 2) return {sorted.back()};
  std::set<std::size_t> chosen = {sorted.size() - 1};
  for (int i = 0; i < count; ++i) {
    const double share = static_cast<double>(i) / (count - 1);
    const double wanted = sorted.front().seconds + share * (sorted.back().seconds - sorted.front().seconds);
    std::size_t best = 0;
    for (std::size_t k = 1; k < sorted.size(); ++k) {
      if (std::abs(sorted[k].seconds - wanted) < std::abs(sorted[best].seconds - wanted)) best = k;
    }
    chosen.insert(best);
  }
  std::vector<CheckpointInfo> result;
  for (const std::size_t index : chosen) result.push_back(sorted[index]);
  return result;
}

// All players and who meets whom. The newest network's players meet their neighbours in strength, the network alone and the outside ones;
// a checkpoint's players meet the anchor, random, and the same player of the next checkpoint.
struct Pool {
  std::vector<EvaluatedPlayer> players;
  std::vector<std::pair<int, int>> pairings;
  int anchor = 0;
  int net = 0;
  int value = 0;
  int search = 0;

  int Add(EvaluatedPlayer player) {
    players.push_back(std::move(player));
    return static_cast<int>(players.size()) - 1;
  }
  void Pair(int a, int b) {
    const auto known = [&](int x, int y) { return std::find(pairings.begin(), pairings.end(), std::pair(x, y)) != pairings.end(); };
    if (a != b && !known(a, b) && !known(b, a)) pairings.emplace_back(a, b);
  }
};

Pool MakePool(const EvaluationRequest& request, const std::vector<CheckpointInfo>& checkpoints) {
  Pool pool;
  const CheckpointInfo& newest = checkpoints.back();
  const int random = pool.Add(MakePlayer("random", "random", PlayerRole::kOutside, 0, {}, true));
  pool.anchor = pool.Add(MakePlayer("uct 1000", kAnchorSpec, PlayerRole::kOutside, 1000, {}, true));
  pool.net = pool.Add(MakePlayer("net", RunSpec("net", request.run, newest, 0), PlayerRole::kPrior, 0, newest, true));
  pool.value = pool.Add(MakePlayer("value", RunSpec("value", request.run, newest, 0), PlayerRole::kValue, 0, newest, true));
  pool.Pair(pool.net, random);
  pool.Pair(pool.anchor, random);
  pool.Pair(pool.net, pool.anchor);
  pool.Pair(pool.value, pool.anchor);
  pool.Pair(pool.value, pool.net);
  std::vector<std::int64_t> simulations = request.simulations;
  std::sort(simulations.begin(), simulations.end());
  simulations.erase(std::unique(simulations.begin(), simulations.end()), simulations.end());
  int previous = pool.net;
  int search_at_snapshot = -1;
  for (const std::int64_t sims : simulations) {
    const int puct = pool.Add(
        MakePlayer(absl::StrCat("puct ", sims), RunSpec("puct", request.run, newest, sims), PlayerRole::kSearch, sims, newest, true));
    pool.Pair(puct, previous);
    pool.Pair(puct, pool.net);
    pool.Pair(puct, pool.anchor);
    previous = puct;
    if (sims == request.snapshot_simulations) search_at_snapshot = puct;
  }
  pool.search = previous;
  for (const std::string& spec : request.opponents) {
    const int opponent = pool.Add(MakePlayer(spec, spec, PlayerRole::kOutside, 0, {}, true));
    for (const int player : {pool.net, pool.anchor, pool.search}) pool.Pair(opponent, player);
  }
  int later_net = pool.net;
  int later_search = search_at_snapshot;
  for (std::size_t i = checkpoints.size() - 1; i-- > 0;) {
    const CheckpointInfo& info = checkpoints[i];
    const int net =
        pool.Add(MakePlayer(absl::StrCat("net @ ", info.step), RunSpec("net", request.run, info, 0), PlayerRole::kPrior, 0, info, false));
    const int search = pool.Add(MakePlayer(absl::StrFormat("puct %d @ %d", request.snapshot_simulations, info.step),
                                           RunSpec("puct", request.run, info, request.snapshot_simulations), PlayerRole::kSearch,
                                           request.snapshot_simulations, info, false));
    for (const int player : {net, search}) {
      pool.Pair(player, pool.anchor);
      pool.Pair(player, random);
    }
    pool.Pair(net, later_net);
    if (later_search >= 0) pool.Pair(search, later_search);
    later_net = net;
    later_search = search;
  }
  return pool;
}

// What the steps of one evaluation share.
struct Session {
  const EvaluationRequest& request;
  const Game& game;
  const Clock& clock;
  absl::Time begin;
  Say say;
  std::stop_token stop;
  Pool pool;
  std::vector<AgentSource> sources;             // by player
  std::vector<std::unique_ptr<Agent>> holders;  // one agent of each player, to keep its network and cache in memory
  EvaluationReport report;
};

int UsualLength(const Game& game, std::uint64_t seed) {
  double plies = 0;
  for (int i = 0; i < static_cast<int>(kAveragedGames); ++i) {
    Rng rng = Rng::Stream(seed, "usual length", static_cast<std::uint64_t>(i));
    const std::unique_ptr<State> state = game.NewState();
    ActionList legal;
    while (!state->IsTerminal()) {
      state->LegalActions(legal);
      state->Apply(legal[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal.size())))]);
    }
    plies += state->Ply();
  }
  return static_cast<int>(plies / kAveragedGames);
}

// Files of solved positions for each game spec, below the data folder.
std::vector<std::string> SolvedFiles(const std::string& spec) {
  static const auto& files = *new std::map<std::string, std::vector<std::string>>{
      {"connect_four", {"connect_four/openings_solved.jsonl", "connect_four/shallow.jsonl", "connect_four/solved.jsonl"}},
      {"connect_four:misere=true", {"connect_four/misere_solved.jsonl"}},
      {"tic_tac_toe", {"tic_tac_toe/solved_standard.jsonl"}},
      {"tic_tac_toe:misere=true", {"tic_tac_toe/solved_misere.jsonl"}},
      {"othello", {"othello/endgames_8x8.jsonl"}},
  };
  if (spec.starts_with("hex")) return {"hex/solved_positions.jsonl"};
  const auto found = files.find(spec);
  return found == files.end() ? std::vector<std::string>() : found->second;
}

void KeepMixedSample(int count, std::uint64_t seed, SolvedSet* set) {
  std::erase_if(set->positions, [](const SolvedPosition& position) { return !position.Mixed(); });
  Rng rng = Rng::Stream(seed, "positions");
  for (std::size_t i = set->positions.size(); i > 1; --i) {
    std::swap(set->positions[i - 1], set->positions[rng.Below(static_cast<std::uint32_t>(i))]);
  }
  if (set->positions.size() > static_cast<std::size_t>(count)) set->positions.resize(static_cast<std::size_t>(count));
}

absl::Status MakeSources(Session& session) {
  for (EvaluatedPlayer& player : session.pool.players) {
    session.sources.push_back(SourceOf(session.game, player.spec));
    TANDEM_ASSIGN_OR_RETURN(std::unique_ptr<Agent> agent, session.sources.back()());
    player.details = agent->Details();
    session.holders.push_back(std::move(agent));
  }
  return absl::OkStatus();
}

absl::Status RunSuites(Session& session) {
  const EvaluationRequest& request = session.request;
  EvaluationReport& report = session.report;
  const SolvedSet set =
      SolvedPositionsFor(session.game, SharedDataFolder(request.data), request.positions, request.seed, &report.positions_source);
  report.positions = static_cast<std::int64_t>(set.positions.size());
  session.say(absl::StrFormat("%d solved positions from %s", report.positions, report.positions_source));
  if (set.positions.empty()) return absl::OkStatus();
  for (std::size_t i = 0; i < session.pool.players.size(); ++i) {
    EvaluatedPlayer& player = session.pool.players[i];
    absl::StatusOr<SuiteReport> suite = RunSuite(set, session.sources[i], report.threads, request.seed, session.stop);
    if (!suite.ok() && player.role == PlayerRole::kOutside && !absl::IsCancelled(suite.status())) {
      // Another program that can not be given a position, or fails over one, still plays games.
      report.pool.notes.push_back(absl::StrCat(player.name, " answers no solved positions: ", suite.status().message()));
      session.say(report.pool.notes.back());
      continue;
    }
    if (!suite.ok()) return suite.status();
    player.suite = *std::move(suite);
    session.say(absl::StrFormat("%-16s keeps the value in %.1f %% of %d positions", player.name, 100 * player.suite.all.mixed.value,
                                player.suite.all.mixed.trials));
  }
  report.random_share = session.pool.players.front().suite.all.random_share;
  return absl::OkStatus();
}

// The games of the pool, until they are done or the time is over.
absl::Status PlayGames(Session& session) {
  const EvaluationRequest& request = session.request;
  PoolSettings settings;
  settings.pairings = session.pool.pairings;
  settings.pairs = std::max(1, (request.games + 1) / 2);
  settings.pairs_a_round = std::max(2, session.report.threads);
  settings.openings = ChooseOpenings(session.game, settings.pairs, request.seed);
  settings.seed = request.seed;
  settings.threads = session.report.threads;
  const absl::Time deadline = session.begin + absl::Minutes(request.minutes);
  settings.may_go_on = [&] { return request.minutes <= 0 || session.clock.Now() < deadline; };
  settings.progress = [&, turns = std::int64_t{0}](std::int64_t pairs, std::int64_t most) mutable {
    if (++turns % static_cast<std::int64_t>(settings.pairings.size()) != 0 && pairs != most) return;
    const double seconds = absl::ToDoubleSeconds(session.clock.Now() - session.begin);
    session.say(absl::StrFormat("%d of at most %d games, %.0f s", 2 * pairs, 2 * most, seconds));
  };
  session.report.book = absl::StrFormat("random, %d plies, %d lines, hash %s", settings.openings[0].moves.size(), settings.openings.size(),
                                        OpeningsHash(settings.openings));
  TANDEM_ASSIGN_OR_RETURN(PoolResult pool, PlayPool(session.game, session.sources, settings, session.stop));
  std::vector<std::string>& earlier = session.report.pool.notes;
  pool.notes.insert(pool.notes.begin(), earlier.begin(), earlier.end());
  session.report.pool = std::move(pool);
  return absl::OkStatus();
}

// Ratings, gains and the headline from the pool's games.
absl::Status Rate(Session& session) {
  const Pool& pool = session.pool;
  EvaluationReport* report = &session.report;
  report->players = pool.players;
  RatingOptions options;
  options.anchor = pool.anchor;
  options.seed = session.request.seed;
  TANDEM_ASSIGN_OR_RETURN(const RatingPool ratings,
                          RatingPool::Fit(static_cast<int>(report->players.size()), report->pool.pairings, options));
  for (std::size_t i = 0; i < report->players.size(); ++i) {
    report->players[i].rating = ratings.ratings()[i];
    report->gains.push_back(ratings.Difference(static_cast<int>(i), pool.net));
  }
  report->net = pool.net;
  report->search = pool.search;
  report->search_gain = report->gains[static_cast<std::size_t>(pool.search)];
  report->value_gain = report->gains[static_cast<std::size_t>(pool.value)];
  for (const Pairing& pairing : report->pool.pairings) {
    if (pairing.a == pool.search && pairing.b == pool.net) report->direct = EstimateStrength(pairing.pairs);
  }
  return absl::OkStatus();
}

}  // namespace

std::filesystem::path SharedDataFolder(const std::filesystem::path& given) {
  if (!given.empty()) return given;
  if (const char* folder = std::getenv("TANDEM_SHARED_DATA"); folder != nullptr && *folder != '\0') return folder;
  std::error_code error;
  const std::filesystem::path beside = std::filesystem::path("..") / "shared" / "data";
  return std::filesystem::is_directory(beside, error) ? beside : std::filesystem::path();
}

SolvedSet SolvedPositionsFor(const Game& game, const std::filesystem::path& data, int count, std::uint64_t seed, std::string* source) {
  SolvedSet set;
  *source = "solved sets";
  if (!data.empty()) {
    for (const std::string& file : SolvedFiles(game.facts().spec)) {
      std::error_code error;
      if (!std::filesystem::exists(data / file, error)) continue;
      if (ReadSolvedFile(game, data / file, &set).ok()) absl::StrAppend(source, " ", file);
    }
  }
  KeepMixedSample(count, seed, &set);
  if (!set.positions.empty()) return set;
  const int usual = UsualLength(game, seed);
  GenerateOptions options;
  options.count = std::min(count, 200);
  options.min_ply = usual < 10 ? 0 : usual * 6 / 10;
  options.max_ply = std::max(options.min_ply, usual * 9 / 10);
  options.max_nodes = 200'000;
  options.max_tries = 4 * options.count;
  options.seed = seed;
  *source = absl::StrFormat("random play of %d-%d plies, solved here", options.min_ply, options.max_ply);
  return GenerateSolvedSet(game, options);
}

absl::StatusOr<EvaluationReport> Evaluate(const EvaluationRequest& request, const std::function<void(const std::string&)>& progress,
                                          const Clock& clock, std::stop_token stop) {
  if (request.simulations.empty()) return BadInput("sims: expected at least one number of simulations");
  const RunDirectory run(request.run);
  TANDEM_ASSIGN_OR_RETURN(const RunConfig config, run.ReadConfig());
  TANDEM_ASSIGN_OR_RETURN(const Game* game, FindGame(config.game()));
  TANDEM_ASSIGN_OR_RETURN(const std::vector<CheckpointInfo> all, run.ReadCheckpoints());
  if (all.empty()) return absl::NotFoundError(absl::StrCat(request.run.string(), ": no checkpoint to evaluate yet"));
  const std::vector<CheckpointInfo> checkpoints = ChooseCheckpoints(all, request.checkpoints);

  Session session{.request = request,
                  .game = *game,
                  .clock = clock,
                  .begin = clock.Now(),
                  .say = progress ? progress : [](const std::string&) {},
                  .stop = stop,
                  .pool = MakePool(request, checkpoints),
                  .sources = {},
                  .holders = {},
                  .report = {}};
  EvaluationReport& report = session.report;
  report.game = game->facts().spec;
  report.run = request.run;
  report.step = checkpoints.back().step;
  report.net_id = checkpoints.back().net_id;
  report.seed = request.seed;
  report.threads = ResolveThreads(request.threads);
  SetNetworkThreads(1);
  TANDEM_RETURN_IF_ERROR(MakeSources(session));
  TANDEM_RETURN_IF_ERROR(RunSuites(session));
  TANDEM_RETURN_IF_ERROR(PlayGames(session));
  TANDEM_RETURN_IF_ERROR(Rate(session));
  report.seconds = absl::ToDoubleSeconds(clock.Now() - session.begin);
  return std::move(report);
}

}  // namespace tandem
