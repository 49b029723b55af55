package org.djlquant.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Optional;

/**
 * SentencePiece's compiled character replacements: the length of a trie in bytes, the trie as a double
 * array of Darts-clone with 32 bits a unit, then the replacements, each ended by a zero byte. All little-endian.
 *
 * <p>The tokenizer library ends the process where the trie leaves the array or the replacements are not UTF-8;
 * so this is looked at before the library gets it.
 */
final class CharsMap {
    private CharsMap() {}

    /** What is wrong with a map, or empty if every text can be looked up in it. */
    static Optional<String> flaw(byte[] map) {
        ByteBuffer bytes = ByteBuffer.wrap(map).order(ByteOrder.LITTLE_ENDIAN);
        long size = map.length < 4 ? -1 : Integer.toUnsignedLong(bytes.getInt(0));
        if (size < 4 || size % 4 != 0 || size > map.length - 4) {
            return Optional.of("a trie of " + size + " bytes in a map of " + map.length);
        }
        int units = (int) (size / 4);
        int texts = 4 + (int) size;
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(map, texts, map.length - texts));
        } catch (CharacterCodingException e) {
            return Optional.of("replacements that are not UTF-8");
        }
        BitSet seen = new BitSet(units);
        ArrayDeque<Integer> open = new ArrayDeque<>();
        open.add(0);
        seen.set(0);
        while (!open.isEmpty()) {
            int at = open.remove();
            int unit = bytes.getInt(4 + 4 * at);
            int children = at ^ (unit >>> 10) << ((unit & 1 << 9) >>> 6);
            if (children < 0 || (children | 0xFF) >= units) {
                return Optional.of("unit " + at + " of the trie leads to " + children + ", beyond its " + units + " units");
            }
            if ((unit & 1 << 8) != 0) {
                int value = bytes.getInt(4 + 4 * children) & Integer.MAX_VALUE;
                // it must be where a character of UTF-8 begins
                if (value >= map.length - texts || (map[texts + value] & 0xC0) == 0x80) {
                    return Optional.of("a replacement at " + value + ", where none begins");
                }
            }
            for (int c = 1; c < 256; c++) {
                int next = children ^ c;
                if ((bytes.getInt(4 + 4 * next) & (1 << 31 | 0xFF)) == c && !seen.get(next)) {
                    seen.set(next);
                    open.add(next);
                }
            }
        }
        return Optional.empty();
    }
}
