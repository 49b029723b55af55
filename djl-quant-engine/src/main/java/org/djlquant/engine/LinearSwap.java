package org.djlquant.engine;

import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.util.PairList;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Replaces the Linears of a block tree. DJL has no way to exchange a child other than in a
 * SequentialBlock, and blocks keep their children in fields beside the list of children; both must
 * change, so fields are written by reflection. Used once, by one thread.
 */
final class LinearSwap {
    private final Function<Linear, Block> replacement;
    private final Map<Block, Block> replaced = new IdentityHashMap<>();
    private final Set<Block> visited = Collections.newSetFromMap(new IdentityHashMap<>());

    LinearSwap(Function<Linear, Block> replacement) {
        this.replacement = replacement;
    }

    /** Swaps and frees the Linears; returns the block itself unless it is one. */
    Block swap(Block block) {
        Block result = walk(block);
        replaced.keySet().forEach(Block::clear);
        return result;
    }

    private Block walk(Block block) {
        if (block.getClass() == Linear.class) {
            // a Linear used in two places keeps being one
            Block known = replaced.get(block);
            if (known == null) {
                known = replacement.apply((Linear) block);
                replaced.put(block, known);
            }
            return known;
        }
        if (visited.add(block)) {
            boolean changed = false;
            for (Block child : block.getChildren().values()) {
                changed |= walk(child) != child;
            }
            if (changed) {
                replaceChildren(block);
            }
        }
        return block;
    }

    private void replaceChildren(Block block) {
        if (block.getClass() == SequentialBlock.class) {
            SequentialBlock sequence = (SequentialBlock) block;
            List<Block> children = sequence.getChildren().values();
            for (int i = 0; i < children.size(); i++) {
                sequence.removeLastBlock();
            }
            children.forEach(child -> sequence.add(replaced.getOrDefault(child, child)));
            return;
        }
        for (Class<?> type = block.getClass(); type != null && Block.class.isAssignableFrom(type); type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
                    replaceIn(block, field);
                }
            }
        }
    }

    private void replaceIn(Block block, Field field) {
        try {
            field.setAccessible(true);
            Object value = field.get(block);
            if (value instanceof Block child && replaced.containsKey(child)) {
                field.set(block, replaced.get(child));
            } else {
                replaceElements(value);
            }
        } catch (IllegalAccessException | InaccessibleObjectException | UnsupportedOperationException
                | IllegalArgumentException e) {
            throw new IllegalStateException(
                    "cannot put a QuantizedLinear into field " + field.getName() + " of " + field.getDeclaringClass().getName()
                            + ": open its package to reflection, or make it a mutable field of type Block or Linear",
                    e);
        }
    }

    /** Exchanges the elements of a collection of blocks; other values are left alone. */
    @SuppressWarnings("unchecked")
    private void replaceElements(Object value) {
        UnaryOperator<Object> exchange = element -> {
            Block other = element instanceof Block child ? replaced.get(child) : null;
            return other == null ? element : other;
        };
        switch (value) {
            case PairList<?, ?> pairs -> replaceElements(pairs.values());
            case List<?> list when list.stream().anyMatch(replaced::containsKey) -> ((List<Object>) list).replaceAll(exchange);
            case Map<?, ?> map when map.values().stream().anyMatch(replaced::containsKey) ->
                ((Map<Object, Object>) map).replaceAll((key, element) -> exchange.apply(element));
            case Block[] array -> {
                for (int i = 0; i < array.length; i++) {
                    array[i] = (Block) exchange.apply(array[i]);
                }
            }
            case null, default -> {}
        }
    }
}
