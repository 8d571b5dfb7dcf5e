// Edits the topics to which customers can say yes or no, with their names by language.
import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { callApiWithEtag } from '../../api/requests'
import { readTopics, replaceTopics, type Topic, type TopicSettings } from '../../client'
import { SectionCard } from '../../components/section-card'
import { useLocale } from '../../locales/i18n'
import { SettingForm } from './setting-form'

type Topics = Required<Pick<TopicSettings, 'topics'>>

const pickTopics = ({ topics = [] }: TopicSettings): Topics => ({ topics })

/** Renames a language and keeps the order of the names. */
const renameLanguage = (names: Topic['names'], from: string, to: string): Topic['names'] =>
  Object.fromEntries(Object.entries(names).map(([tag, name]) => [tag === from ? to : tag, name]))

/** Names a language that has no name yet, so that its line is there to be filled. */
const freeLanguage = (names: Topic['names']) =>
  ['en', 'ar', 'es', 'pt', 'fr', 'de', 'it', 'hi', 'id', 'tr', 'zh-Hans', 'zh-Hant', ''].find(
    (tag) => !(tag in names),
  )

export function TopicsForm() {
  const { t, number } = useLocale()
  return (
    <SettingForm<Topics>
      name="topics"
      read={async (signal) => {
        const { data, etag } = await callApiWithEtag(readTopics({ signal }))
        return { data: pickTopics(data), etag }
      }}
      write={async (body, etag) => {
        const after = await callApiWithEtag(replaceTopics({ body, headers: { 'If-Match': etag } }))
        return { data: pickTopics(after.data), etag: after.etag }
      }}
    >
      {({ value, set, errorAt, readOnly: locked }) => {
        const change = (place: number, next: Partial<Topic>) =>
          set({
            topics: value.topics.map((one, at) => (at === place ? { ...one, ...next } : one)),
          })
        return (
          <SectionCard title={t('Topics')}>
            <Text size="sm">
              {t(
                'Customers choose topics on the preference page, behind the link in each message. A campaign with a topic skips customers who opted out of it.',
              )}
            </Text>
            {value.topics.length === 0 && <Text>{t('None yet.')}</Text>}
            {value.topics.map((topic, place) => (
              <Stack
                key={place}
                gap="xs"
                role="group"
                aria-label={t('Topic {n}', { n: number(place + 1) })}
              >
                <Group align="flex-end">
                  <TextInput
                    label={t('Id')}
                    w={200}
                    dir="ltr"
                    disabled={locked}
                    value={topic.id}
                    error={errorAt(`/topics/${place}/id`)}
                    onChange={({ currentTarget }) => change(place, { id: currentTarget.value })}
                  />
                  <Select
                    label={t('Customers who have not chosen')}
                    w={220}
                    allowDeselect={false}
                    disabled={locked}
                    value={topic.default ?? 'granted'}
                    data={[
                      { value: 'granted', label: t('get messages until they opt out') },
                      { value: 'denied', label: t('get messages only after opting in') },
                    ]}
                    onChange={(state) =>
                      state && change(place, { default: state as Topic['default'] })
                    }
                  />
                  {!locked && (
                    <Button
                      variant="default"
                      onClick={() => set({ topics: value.topics.filter((_, at) => at !== place) })}
                      aria-label={t('Remove {name}', { name: topic.id })}
                    >
                      {t('Remove')}
                    </Button>
                  )}
                </Group>
                {errorAt(`/topics/${place}/names`) && (
                  <Text size="sm" c="var(--mantine-color-error)">
                    {errorAt(`/topics/${place}/names`)}
                  </Text>
                )}
                {Object.entries(topic.names).map(([tag, name], line) => (
                  <Group key={line} align="flex-end" ms="md">
                    <TextInput
                      label={t('Language')}
                      w={120}
                      dir="ltr"
                      disabled={locked}
                      value={tag}
                      onChange={({ currentTarget: { value: next } }) =>
                        next in topic.names ||
                        change(place, { names: renameLanguage(topic.names, tag, next) })
                      }
                    />
                    <TextInput
                      label={t('Name')}
                      w={260}
                      dir="auto"
                      disabled={locked}
                      value={name}
                      error={errorAt(`/topics/${place}/names/${tag}`)}
                      onChange={({ currentTarget }) =>
                        change(place, { names: { ...topic.names, [tag]: currentTarget.value } })
                      }
                    />
                    {!locked && (
                      <Button
                        variant="subtle"
                        onClick={() => {
                          const { [tag]: _, ...rest } = topic.names
                          change(place, { names: rest })
                        }}
                        aria-label={t('Remove {name}', { name: `${topic.id} ${tag}` })}
                      >
                        {t('Remove')}
                      </Button>
                    )}
                  </Group>
                ))}
                {!locked && (
                  <Group ms="md">
                    <Button
                      variant="light"
                      size="compact-sm"
                      onClick={() => {
                        const tag = freeLanguage(topic.names)
                        if (tag !== undefined)
                          change(place, { names: { ...topic.names, [tag]: '' } })
                      }}
                    >
                      {t('Add a language')}
                    </Button>
                  </Group>
                )}
              </Stack>
            ))}
            {!locked && (
              <Group>
                <Button
                  variant="light"
                  onClick={() =>
                    set({
                      topics: [...value.topics, { id: '', names: { en: '' }, default: 'granted' }],
                    })
                  }
                >
                  {t('Add a topic')}
                </Button>
              </Group>
            )}
          </SectionCard>
        )
      }}
    </SettingForm>
  )
}
