// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMembership} from "../../contracts/interfaces/IMembership.sol";
import {vm} from "./Vm.sol";
import {World} from "./World.sol";

/// @dev Everybody tries everything: registrars and others vote, for good calls and bad, call directly, revoke, wait.
contract MembershipHandler is World {
    uint256 private constant ORGS = 7; // three registrars, two debtors, two lenders
    uint256 private constant KEYS = 9; // their accounts, and two more for whoever gets them
    bytes32[ORGS] public orgs;
    bytes32[KEYS] public keyIds;
    bool public violated;

    mapping(bytes32 keyId => bytes32) private _orgOnce;
    mapping(bytes32 keyId => uint64) private _endOnce;
    mapping(bytes32 callAndNonce => bool) private _executed;
    mapping(bytes32 vote => mapping(bytes32 org => bool)) private _voted;
    mapping(bytes32 vote => uint256) private _votes;

    constructor() {
        setUpWorld();
        for (uint256 i = 0; i < ORGS; ++i) {
            Party memory member = member_(i);
            (orgs[i], keyIds[i]) = (member.org, keyIdOf(member.account));
        }
        for (uint256 i = ORGS; i < KEYS; ++i) {
            keyIds[i] = keyIdOf(address(uint160(0xbeef + i)));
        }
        observe();
    }

    function subject() external view returns (IMembership) {
        return membership;
    }

    function vote(uint256 who, uint256 what, uint256 seed) external {
        _vote(keyIds[who % KEYS], callOf(what, seed), seed % 2);
        observe();
    }

    /// @dev Random votes alone seldom meet: here every registrar votes for one call.
    function agree(uint256 what, uint256 seed) external {
        bytes memory call = callOf(what, seed);
        for (uint256 i = 0; i < 3; ++i) {
            _vote(keyIds[i], call, seed);
        }
        observe();
    }

    function bypass(uint256 who, uint256 what, uint256 seed) external {
        vm.prank(accountOf(keyIds[who % KEYS]));
        (bool done,) = address(membership).call(callOf(what, seed));
        violated = violated || done;
        observe();
    }

    function revoke(uint256 who, uint256 which) external {
        bytes32 keyId = keyIds[which % KEYS];
        address account = accountOf(keyIds[who % KEYS]);
        vm.prank(account);
        try membership.revokeKey(keyId) {
            violated = violated || membership.key(keyIdOf(account)).org != membership.key(keyId).org;
        } catch {}
        observe();
    }

    function wait_(uint256 time) external {
        vm.warp(block.timestamp + time % 1000);
        observe();
    }

    function _vote(bytes32 voter, bytes memory call, uint256 nonce) private {
        uint64 epoch = membership.electorate().epoch;
        uint32 quorum = membership.electorate().quorum;
        bytes32 ballot = keccak256(abi.encode(epoch, call, nonce));
        bytes32 once = keccak256(abi.encode(call, nonce));
        bytes32 org = membership.key(voter).org;
        bool eligible = isRegistrar(org) && isValid(voter) && !_voted[ballot][org] && !_executed[once];
        vm.prank(accountOf(voter));
        (bool done, bytes memory answer) = address(membership).call(abi.encodeCall(membership.confirm, (call, nonce)));
        if (done) {
            _voted[ballot][org] = true;
            bool executed = abi.decode(answer, (bool));
            if (!eligible || executed != (++_votes[ballot] >= quorum)) violated = true;
            if (executed) _executed[once] = true;
        }
    }

    function callOf(uint256 what, uint256 seed) private view returns (bytes memory) {
        what %= 5;
        if (what == 0) return abi.encodeCall(membership.setQuorum, (uint32(seed % 5)));
        if (what == 1) return abi.encodeCall(membership.setPaused, (address(assets), seed % 2 == 0));
        if (what == 2) return abi.encodeCall(membership.setSuccessor, (address(assets), address(pledges)));
        if (what == 3) {
            Party memory member = member_(seed % ORGS);
            uint8 roles = seed % 3 == 0 ? uint8(seed >> 8) : 32;
            return abi.encodeCall(
                membership.setOrganisation, (member.identifier, "", new string[](0), roles, seed % 4 == 0)
            );
        }
        IMembership.Key memory key = accountKey(orgs[(seed >> 8) % ORGS]);
        if (seed % 3 == 0) key.validUntil = uint64(block.timestamp + seed % 500);
        return abi.encodeCall(membership.setKey, (keyIds[seed % KEYS], key, ""));
    }

    /// @dev After every act: nothing that may never change has changed.
    function observe() private {
        for (uint256 i = 0; i < KEYS; ++i) {
            bytes32 keyId = keyIds[i];
            IMembership.Key memory key = membership.key(keyId);
            if (_orgOnce[keyId] != 0 && key.org != _orgOnce[keyId]) violated = true;
            if (_endOnce[keyId] != 0 && key.validUntil != _endOnce[keyId]) violated = true;
            _orgOnce[keyId] = key.org;
            if (key.org != 0 && key.validUntil <= block.timestamp) _endOnce[keyId] = key.validUntil;
        }
        address successor = membership.successorOf(address(assets));
        if (successor != address(0) && !membership.isPaused(address(assets))) violated = true;
    }

    function isRegistrar(bytes32 org) public view returns (bool) {
        IMembership.Organisation memory held = membership.organisation(org);
        return held.roles & 32 != 0 && !held.suspended;
    }

    function isValid(bytes32 keyId) private view returns (bool) {
        IMembership.Key memory key = membership.key(keyId);
        return key.validFrom <= block.timestamp && block.timestamp < key.validUntil;
    }

    function accountOf(bytes32 keyId) private pure returns (address) {
        return address(uint160(uint256(keyId)));
    }

    function member_(uint256 index) private view returns (Party memory) {
        if (index < 3) return registrars[index];
        return index < 5 ? debtors[index - 3] : lenders[index - 5];
    }
}

contract MembershipInvariants {
    MembershipHandler private _handler;

    function setUp() external {
        _handler = new MembershipHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev Registrars are counted right and reach the quorum. A key's organisation is constant; a key that ended stays
    /// ended; only the quorum acts, once for each nonce, by votes of one epoch, one an organisation; only its
    /// organisation revokes a key; who is succeeded stays paused.
    function invariant_Membership() external view {
        registrarsReachTheQuorum();
        assert(!_handler.violated());
    }

    function registrarsReachTheQuorum() private view {
        IMembership.Electorate memory electorate = _handler.subject().electorate();
        uint256 registrars = 0;
        for (uint256 i = 0; i < 7; ++i) {
            if (_handler.isRegistrar(_handler.orgs(i))) ++registrars;
        }
        assert(electorate.registrars == registrars);
        assert(electorate.quorum >= 1 && electorate.quorum <= registrars);
    }
}
