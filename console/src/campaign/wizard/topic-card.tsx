// Chooses what the campaign is about, of the tenant's topics.
import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { callApi } from '../../api/requests'
import { readTopics, type Topic } from '../../client'
import { SectionCard } from '../../components/section-card'
import { useLocale } from '../../locales/i18n'
import { useDraft } from './campaign-draft'

const topicName = ({ id, names }: Topic, language: string) =>
  names[language] ?? names.en ?? Object.values(names)[0] ?? id

export function TopicCard() {
  const { t, language } = useLocale()
  const { definition, set, errorAt } = useDraft()
  const { data } = useQuery({
    queryKey: ['topics'],
    queryFn: ({ signal }) => callApi(readTopics({ signal })),
  })
  const topics = data?.topics ?? []
  const gone = definition.topic !== undefined && !topics.some(({ id }) => id === definition.topic)
  if (topics.length === 0 && definition.topic === undefined) return null
  return (
    <SectionCard title={t('Topic')}>
      <Select
        label={t('Topic of the messages')}
        description={t(
          'Customers who opted out of the topic get no message. Leave blank to send regardless of topics.',
        )}
        clearable
        value={definition.topic ?? null}
        error={errorAt('/topic')}
        data={[
          ...topics.map((topic) => ({ value: topic.id, label: topicName(topic, language) })),
          ...(gone ? [{ value: definition.topic!, label: definition.topic! }] : []),
        ]}
        onChange={(topic) => set('/topic', topic ?? undefined)}
        maw={420}
      />
    </SectionCard>
  )
}
