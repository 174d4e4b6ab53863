// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import {IMembership} from "./interfaces/IMembership.sol";
import {Roles} from "./libraries/Roles.sol";

/// @title The members' list, kept by a quorum of registrars.
/// @dev Immutable and without an owner: the only way to change it is `confirm`. Meaning and refusals stand at IMembership.
contract Membership is IMembership {
    // Keys are valid in block time, by the second; a validator that shifts it by some of them gains nothing here. Through
    // `admittedAt` and the keys' intervals Slither then suspects every comparison that reads those structs.
    // slither-disable-start timestamp,incorrect-equality

    /// @dev Outlives the epochs, so that a call executed once is never executed again under its nonce.
    struct Ballot {
        uint64 epoch; // in which `votes` were given
        uint32 votes;
        bool executed;
    }

    mapping(bytes32 org => Organisation) private _organisations;
    mapping(bytes32 keyId => Key) private _keys;
    mapping(address registry => bool) private _paused;
    mapping(address registry => address) private _successors;

    Electorate private _electorate;
    mapping(bytes32 callAndNonce => Ballot) private _ballots;
    mapping(bytes32 callId => mapping(bytes32 registrar => bool)) private _confirmed;

    modifier onlyQuorum() {
        if (msg.sender != address(this)) revert NotQuorum();
        _;
    }

    /// @dev The first registrars and one account each; an organisation named twice has two accounts and one vote.
    constructor(string[] memory identifiers, address[] memory accounts, uint32 quorum) {
        if (identifiers.length != accounts.length) revert BadElectorate(identifiers.length, accounts.length);
        for (uint256 i = 0; i < identifiers.length; ++i) {
            bytes32 org = _setOrganisation(identifiers[i], "", new string[](0), Roles.REGISTRAR, false);
            Key memory first = Key(org, uint64(block.timestamp), type(uint64).max, Purpose.Account);
            _setKey(bytes32(uint256(uint160(accounts[i]))), first, "");
        }
        _setQuorum(quorum);
    }

    /// @inheritdoc IMembership
    function confirm(bytes calldata call, uint256 nonce) external returns (bool executed) {
        uint64 epoch = _electorate.epoch;
        bytes32 callId = _callIdOf(epoch, call, nonce);
        bytes32 registrar = _active(msg.sender, Roles.REGISTRAR);
        Ballot storage ballot = _ballots[keccak256(abi.encode(call, nonce))];
        if (ballot.executed) revert AlreadyExecuted(callId);
        if (_confirmed[callId][registrar]) revert AlreadyConfirmed(callId, registrar);

        uint32 votes = ballot.epoch == epoch ? ballot.votes + 1 : 1;
        executed = votes >= _electorate.quorum;
        _confirmed[callId][registrar] = true;
        (ballot.epoch, ballot.votes, ballot.executed) = (epoch, votes, executed);
        emit Confirmed(callId, registrar, nonce, call);
        if (executed) {
            emit Executed(callId);
            // What the call returns is of no use to the last voter; that it failed would have reverted.
            // slither-disable-next-line unused-return
            Address.functionCall(address(this), call);
        }
    }

    /// @inheritdoc IMembership
    function setOrganisation(
        string calldata identifier,
        string calldata name,
        string[] calldata aliases,
        uint8 roles,
        bool suspended
    ) external onlyQuorum returns (bytes32 org) {
        return _setOrganisation(identifier, name, aliases, roles, suspended);
    }

    /// @inheritdoc IMembership
    function setKey(bytes32 keyId, Key calldata key_, bytes calldata publicKey) external onlyQuorum {
        _setKey(keyId, key_, publicKey);
    }

    /// @inheritdoc IMembership
    function setQuorum(uint32 quorum) external onlyQuorum {
        _setQuorum(quorum);
    }

    /// @inheritdoc IMembership
    function setPaused(address registry, bool paused) external onlyQuorum {
        address successor = _successors[registry];
        if (successor != address(0)) revert RegistrySucceeded(registry, successor);
        _setPaused(registry, paused);
    }

    /// @inheritdoc IMembership
    function setSuccessor(address registry, address successor) external onlyQuorum {
        address named = _successors[registry];
        if (named != address(0)) revert RegistrySucceeded(registry, named);
        if (successor == registry || successor.code.length == 0) revert BadSuccessor(registry, successor);

        _setPaused(registry, true);
        _successors[registry] = successor;
        emit SuccessorSet(registry, successor);
    }

    /// @inheritdoc IMembership
    function revokeKey(bytes32 keyId) external {
        bytes32 org = closer(msg.sender);
        Key storage revoked = _keys[keyId];
        if (revoked.org != org) revert KeyBelongsToAnother(keyId, revoked.org);
        if (revoked.validUntil <= block.timestamp) revert KeyEnded(keyId, revoked.validUntil);

        revoked.validUntil = uint64(block.timestamp);
        _lapseVotesOf(revoked);
        emit KeyRevoked(keyId, org, uint64(block.timestamp));
    }

    /// @inheritdoc IMembership
    function opener(address account, uint8 role) external view returns (bytes32 org) {
        if (_paused[msg.sender]) revert RegistryPaused(msg.sender);
        return _active(account, role);
    }

    /// @inheritdoc IMembership
    function organisation(bytes32 org) external view returns (Organisation memory) {
        return _organisations[org];
    }

    /// @inheritdoc IMembership
    function key(bytes32 keyId) external view returns (Key memory) {
        return _keys[keyId];
    }

    /// @inheritdoc IMembership
    function electorate() external view returns (Electorate memory) {
        return _electorate;
    }

    /// @inheritdoc IMembership
    function isPaused(address registry) external view returns (bool) {
        return _paused[registry];
    }

    /// @inheritdoc IMembership
    function successorOf(address registry) external view returns (address) {
        return _successors[registry];
    }

    /// @inheritdoc IMembership
    function callIdOf(bytes calldata call, uint256 nonce) external view returns (bytes32) {
        return _callIdOf(_electorate.epoch, call, nonce);
    }

    /// @inheritdoc IMembership
    function closer(address account) public view returns (bytes32 org) {
        Key storage found = _keys[bytes32(uint256(uint160(account)))];
        if (block.timestamp < found.validFrom || block.timestamp >= found.validUntil) revert NotActive(account, 0);
        return found.org;
    }

    function _setOrganisation(
        string memory identifier,
        string memory name,
        string[] memory aliases,
        uint8 roles,
        bool suspended
    ) private returns (bytes32 org) {
        if (bytes(identifier).length == 0) revert BadIdentifier(identifier);
        if (roles == 0 || roles > Roles.ALL) revert BadRoles(roles);
        org = keccak256(bytes(identifier));
        Organisation memory before = _organisations[org];
        uint64 admittedAt = before.admittedAt == 0 ? uint64(block.timestamp) : before.admittedAt;
        Organisation memory next = Organisation(roles, suspended, admittedAt);

        _organisations[org] = next;
        _recount(_votesNow(before), _votesNow(next));
        emit OrganisationSet(org, identifier, name, aliases, roles, suspended);
    }

    function _setKey(bytes32 keyId, Key memory next, bytes memory publicKey) private {
        Key storage current = _keys[keyId];
        bool exists = current.org != 0;
        if (_organisations[next.org].admittedAt == 0) revert UnknownOrganisation(next.org);
        if (exists && current.org != next.org) revert KeyBelongsToAnother(keyId, current.org);
        if (exists && current.validUntil <= block.timestamp) revert KeyEnded(keyId, current.validUntil);
        if (exists && current.purpose != next.purpose) revert BadKey(keyId);
        if (next.validFrom >= next.validUntil || !_isIdOf(keyId, next.purpose, publicKey)) revert BadKey(keyId);

        if (exists) _lapseVotesOf(current);
        _keys[keyId] = next;
        emit KeySet(keyId, next.org, next.validFrom, next.validUntil, next.purpose, publicKey);
    }

    function _setQuorum(uint32 quorum) private {
        uint32 registrars = _electorate.registrars;
        if (quorum == 0 || quorum > registrars) revert BadQuorum(quorum, registrars);
        if (quorum == _electorate.quorum) return;

        _electorate.quorum = quorum;
        ++_electorate.epoch;
        emit QuorumSet(quorum);
    }

    function _setPaused(address registry, bool paused) private {
        if (paused == _paused[registry]) return;
        _paused[registry] = paused;
        emit PausedSet(registry, paused);
    }

    /// @dev A registrar came or went: pending votes lapse, and enough must be left to vote.
    function _recount(bool before, bool next) private {
        if (before == next) return;
        Electorate memory changed = _electorate;
        changed.registrars = next ? changed.registrars + 1 : changed.registrars - 1;
        if (changed.quorum > changed.registrars) revert BadQuorum(changed.quorum, changed.registrars);
        ++changed.epoch;
        // In a loop only while the constructor admits the first registrars.
        // slither-disable-next-line costly-loop
        _electorate = changed;
    }

    /// @dev Whoever held the account may have voted with it.
    function _lapseVotesOf(Key storage changed) private {
        if (changed.purpose == Purpose.Account && _votesNow(_organisations[changed.org])) ++_electorate.epoch;
    }

    function _active(address account, uint8 role) private view returns (bytes32 org) {
        Key storage found = _keys[bytes32(uint256(uint160(account)))];
        org = found.org;
        Organisation memory holder = _organisations[org];
        if (
            block.timestamp < found.validFrom || block.timestamp >= found.validUntil || holder.suspended
                || holder.roles & role == 0
        ) revert NotActive(account, role);
    }

    /// @dev The epoch makes votes lapse: in the next one the same call has another id, without votes.
    function _callIdOf(uint64 epoch, bytes calldata call, uint256 nonce) private pure returns (bytes32) {
        return keccak256(abi.encode(epoch, call, nonce));
    }

    function _votesNow(Organisation memory org) private pure returns (bool) {
        return org.roles & Roles.REGISTRAR != 0 && !org.suspended;
    }

    function _isIdOf(bytes32 keyId, Purpose purpose, bytes memory publicKey) private pure returns (bool) {
        if (purpose == Purpose.None) return false;
        // No such id can pass for an account: no key is known whose hash begins with 96 zero bits.
        if (purpose != Purpose.Account) return keyId == keccak256(publicKey);
        return keyId != 0 && uint256(keyId) <= type(uint160).max && publicKey.length == 0;
    }
    // slither-disable-end timestamp,incorrect-equality
}
