// The Position concept: the one plain struct that a game's author writes (see engine/games/breakthrough for a small one).
// It is copied freely in hot loops (rollouts, solver, perft), which are templates over it, so keep it small and without pointers.
#pragma once

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/status/statusor.h"
#include "engine/game/types.h"

namespace tandem {

template <typename P>
concept Position = std::copyable<P> && std::is_trivially_destructible_v<P> &&
    requires(const P& position, P& mutable_position, Action action, ActionList& legal, std::span<float> planes, std::string_view text) {
  { position.ToMove() } -> std::same_as<int>;
  { position.GetOutcome() } -> std::same_as<Outcome>;
  { position.Key() } -> std::same_as<PositionKey>;
  position.LegalActions(legal);    // ascending; empty when the game is over; clears first
  mutable_position.Apply(action);  // a legal action
  position.WritePlanes(planes);    // [rows, cols, num_planes], mover's view
  { position.ActionText(action) } -> std::same_as<std::string>;
  // Reads move text without asking whether the move is legal: kInvalidArgument when it is no move of this game at all.
  { position.ActionFromText(text) } -> std::same_as<absl::StatusOr<Action>>;
  { position.ToText() } -> std::same_as<std::string>;
  { position.FromText(text) } -> std::same_as<absl::StatusOr<P>>;  // a position with this one's parameters
  { position.Draw() } -> std::same_as<std::string>;
};

// Optional members, used where they exist:
//   FinalScore GetFinalScore() const            games with ownership
//   Action RandomAction(Rng&) const             a uniformly random legal action without building the list (rollouts)
//   std::uint64_t CountActions() const          number of legal actions (bulk perft)
//   PositionKey EvaluationKey() const           where planes show more than Key tells apart (history): covers all that planes show
//   Outcome Playout(Rng&) const                 a random game played to its end, or to a stated cut, faster than move by move
//   PositionKey CanonicalKey() const            equal for symmetric positions (solver's table)
//   void OrderedActions(ActionList&) const      best first, only moves that can matter for the result, at least one (solver)
//   ValueBounds QuickBounds() const             what a glance proves about the mover's value of an unfinished game (solver)
//   static constexpr bool kNeverDraws = true    games that always have a winner (solver)
template <typename P>
concept NeverDraws = requires { requires P::kNeverDraws; };
template <typename P>
concept HasFinalScore = requires(const P& p) {
  { p.GetFinalScore() } -> std::same_as<FinalScore>;
};
template <typename P>
concept HasRandomAction = requires(const P& p, Rng& rng) {
  { p.RandomAction(rng) } -> std::same_as<Action>;
};
template <typename P>
concept HasCountActions = requires(const P& p) {
  { p.CountActions() } -> std::convertible_to<std::uint64_t>;
};
template <typename P>
concept HasEvaluationKey = requires(const P& p) {
  { p.EvaluationKey() } -> std::same_as<PositionKey>;
};
template <typename P>
concept HasPlayout = requires(const P& p, Rng& rng) {
  { p.Playout(rng) } -> std::same_as<Outcome>;
};
template <typename P>
concept HasCanonicalKey = requires(const P& p) {
  { p.CanonicalKey() } -> std::same_as<PositionKey>;
};
template <typename P>
concept HasOrderedActions = requires(const P& p, ActionList& list) {
  p.OrderedActions(list);
};
// The mover's value lies in low..high.
struct ValueBounds {
  int low = -1;
  int high = 1;
};
template <typename P>
concept HasQuickBounds = requires(const P& p) {
  { p.QuickBounds() } -> std::same_as<ValueBounds>;
};

}  // namespace tandem
