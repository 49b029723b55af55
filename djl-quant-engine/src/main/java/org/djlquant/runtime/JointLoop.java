package org.djlquant.runtime;

/** Several loops as one, whose pieces are those of the first, then those of the second and so on. */
final class JointLoop implements Workers.PieceTask {
    private final Workers.Loop[] loops;

    JointLoop(Workers.Loop... loops) {
        this.loops = loops;
    }

    /** The pieces of all loops. */
    int pieces() {
        int sum = 0;
        for (Workers.Loop loop : loops) {
            sum += loop.pieces();
        }
        return sum;
    }

    @Override
    public void run(int part, Workers.Pieces pieces) {
        Cursor cursor = new Cursor(pieces);
        for (int piece = cursor.peek(); piece >= 0; piece = cursor.peek()) {
            int i = 0;
            int first = 0;
            while (piece >= first + loops[i].pieces()) {
                first += loops[i].pieces();
                i++;
            }
            cursor.first = first;
            cursor.end = first + loops[i].pieces();
            loops[i].body().run(part, cursor);
        }
    }

    /** The pieces of one loop, up to the first one that belongs to another. */
    private static final class Cursor implements Workers.Pieces {
        private static final int UNKNOWN = -2;

        private final Workers.Pieces all;
        private int first;
        private int end;
        private int ahead = UNKNOWN;

        Cursor(Workers.Pieces all) {
            this.all = all;
        }

        /** The next piece of any loop, or −1; it stays the next one. */
        int peek() {
            if (ahead == UNKNOWN) {
                ahead = all.next();
            }
            return ahead;
        }

        @Override
        public int next() {
            int piece = peek();
            if (piece < first || piece >= end) {
                return -1;
            }
            ahead = UNKNOWN;
            return piece - first;
        }
    }
}
